// The names of colours that the service gives (field `colors`), and how they look.

const HEX = Object.freeze({
  black: "#1a1a1c", gray: "#85858a", grey: "#85858a", white: "#f6f6f4", brown: "#7d502c", beige: "#dccaa2",
  red: "#d0211f", orange: "#f28322", yellow: "#f2cf2b", green: "#2f9a44", blue: "#2468c4", purple: "#7d4a9e", pink: "#ee86ab",
});

/** '#rrggbb' of a colour's name; null where it is none that we know. */
export const hexOf = (name) => HEX[String(name).toLowerCase()] ?? null;

/** What stands in for a picture until it comes: its first dominant colour that is not its paper. */
export function toneOf(hit) {
  const names = [hit.payload?.colors ?? []].flat();
  return hexOf(names.find((name) => name !== "white") ?? names[0]);
}
