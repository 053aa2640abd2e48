// The image of a result as large as the service has it, in the place of its thumbnail.

const THUMBNAIL_SIDE = 320; // px; no thumbnail is larger

/** Put the large image of `hit` into `frame` as soon as it is there; until then, and where it is not
 * to be had, the thumbnail stays. */
export function showLarge(frame, hit) {
  const image = frame.querySelector("img");
  const { width = 0, height = 0 } = hit.payload ?? {};
  if (!image || Math.max(width, height) <= THUMBNAIL_SIDE) return;
  const large = new Image();
  large.src = hit.thumbnail.replace(/thumbnail$/, "image");
  large.decode().then(
    () => image.setAttribute("src", large.getAttribute("src")),
    () => {}, // what is shown already is the same, smaller
  );
}
