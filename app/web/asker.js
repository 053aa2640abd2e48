// Who asks, and what they do with the answers, as far as they let it be told: a random session for
// the life of this tab. What watches is loaded only where something may be told.

const KEY = "binocle.session";

let kept = false; // whether the service keeps what people do with answers
let session = "";
let watching = null; // the promise of Events, see events.js

/** Whether the browser asks not to be tracked (Do Not Track, Global Privacy Control). */
export const isPrivate = () => navigator.doNotTrack === "1" || window.doNotTrack === "1" || navigator.globalPrivacyControl === true;

/** Say whether the service takes events: before that, and without it, no session is made. */
export function allowEvents(taken) {
  kept = taken === true;
  if (mayTell()) watching ??= import("./events.js").then(({ Events }) => new Events(), () => null);
}

/** Have `say(events)` tell something, where that may be. */
export function tell(say) {
  watching?.then((events) => events && say(events));
}

/** Whether anything may be told of what this person does. */
export const mayTell = () => kept && !isPrivate();

/** Headers of a search that a person asked for. */
export function asker() {
  return { "Binocle-Client": "page", ...(mayTell() && { "Binocle-Session": sessionId() }) };
}

function sessionId() {
  session ||= stored() || [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  try {
    sessionStorage.setItem(KEY, session);
  } catch {
    // storage is switched off: the session lasts until the page is left
  }
  return session;
}

function stored() {
  try {
    return sessionStorage.getItem(KEY) ?? "";
  } catch {
    return "";
  }
}
