// Boxes as numbers, and nothing of the page. This file, view.js, input.js and tool.js are one module: widget.py joins
// them in this order, so they need no imports.
//
// Boxes are {kind, edges: [left, top, right, bottom]} in pixels of the picture, and are replaced, never changed: so the
// numbers of a box that nobody touched go back to the kernel as they came. A size is [width, height].

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const area = ({ edges: [left, top, right, bottom] }) => (right - left) * (bottom - top);
const holds = ({ edges: [left, top, right, bottom] }, [x, y]) => left <= x && x <= right && top <= y && y <= bottom;
const changed = (boxes, i, part) => boxes.map((box, j) => (j === i ? { ...box, ...part } : box));

// A quarter of the picture in its middle; a little further right and down for each box that is there already.
function middle(size, count) {
  const shift = (count % 12) / 50;
  return [3 / 8, 3 / 8, 5 / 8, 5 / 8].map((share, i) => (share + shift) * size[i % 2]);
}

function moved([left, top, right, bottom], [x, y], [width, height]) {
  const dx = clamp(x, Math.min(0, -left), Math.max(0, width - right));
  const dy = clamp(y, Math.min(0, -top), Math.max(0, height - bottom));
  return [left + dx, top + dy, right + dx, bottom + dy];
}

// By its lower right corner, which stays right of and below the other one.
function stretched([left, top, right, bottom], [x, y], [width, height]) {
  return [left, top, clamp(right + x, left + 1, width), clamp(bottom + y, top + 1, height)];
}

// By a handle: "n", "ne", ... An edge that is pulled over the opposite one changes places with it (see `ordered`).
function pulled(edges, handle, by, size) {
  return ["w", "n", "e", "s"].map((side, i) =>
    handle.includes(side) ? clamp(edges[i] + by[i % 2], 0, size[i % 2]) : edges[i]);
}

function ordered([left, top, right, bottom]) {
  return [Math.min(left, right), Math.min(top, bottom), Math.max(left, right), Math.max(top, bottom)];
}

// The number of the smallest box at a point; if that is the chosen one, of the next larger one below it; -1 for none.
function boxAt(point, boxes, chosen) {
  const here = boxes.filter((box) => holds(box, point)).sort((a, b) => area(a) - area(b));
  return boxes.indexOf(here[(here.indexOf(boxes[chosen]) + 1) % here.length]);
}
