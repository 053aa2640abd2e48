// Where each tile lies: rows filled to the edge, their pictures of one height and uncropped.

/**
 * The rows for pictures of these `ratios` (width over height).
 *
 * `width` is the room, `row` the height a picture would like, `gap` what lies between two, `widest`
 * and `slimmest` bound a tile's own ratio; all lengths in px. A row is [start, end) of the tiles,
 * with the height of its pictures. The last row keeps the height wished for.
 */
export function layRows(ratios, { width, row, gap, widest, slimmest }) {
  const rows = [];
  let start = 0;
  let sum = 0;
  for (const [index, ratio] of ratios.entries()) {
    sum += bounded(ratio, slimmest, widest);
    const gaps = (index - start) * gap;
    if (sum * row + gaps < width) continue;
    rows.push({ start, end: index + 1, height: (width - gaps) / sum });
    start = index + 1;
    sum = 0;
  }
  if (start < ratios.length) rows.push({ start, end: ratios.length, height: row });
  return rows;
}

/** {left, top, width, height} of each tile's picture; `below` is the room under a row's pictures. */
export function placeTiles(ratios, rows, { gap, below, widest, slimmest }) {
  const places = [];
  let top = 0;
  for (const { start, end, height } of rows) {
    let left = 0;
    for (let index = start; index < end; index += 1) {
      const width = bounded(ratios[index], slimmest, widest) * height;
      places.push({ left, top, width, height });
      left += width + gap;
    }
    top += height + below;
  }
  return { places, height: top };
}

const bounded = (value, low, high) => Math.min(high, Math.max(low, value));
