// The two planes of a stepper on canvases: cells large enough to be seen, the padding around, the window and the pixel marked.
import { planeRgba } from "../lib/heat.js";
import { paint } from "../lib/plane.js";

const WIDE = 560; // px of a canvas, about; its style makes it smaller
const MARK = ["rgb(0 0 0 / 75%)", "#ffd60a"]; // seen on all colours
const AROUND = "#8b97a5"; // zeros that are not of the image
const GRID_FROM = 12; // px of a cell

/** The input with its border of zeros, and the window that makes the chosen pixel. */
export function drawInput(canvas, { input, window: { padding: [down, right] }, kernel, seen }, rows) {
  const { pen, cell } = prepared(canvas, input.width + 2 * right, input.height + 2 * down);
  pen.fillStyle = AROUND;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  put(pen, input, planeRgba(input, seen.input, true), cell, [right, down]);
  grid(pen, canvas, cell);
  const cells = rows.flat().map(({ column, row }) => [(column + right) * cell, (row + down) * cell]);
  const [first, last] = [cells[0], cells.at(-1)];
  outline(pen, first[0], first[1], last[0] - first[0] + cell, last[1] - first[1] + cell, 6);
  const apart = rows.length > 1 ? rows[1][0].row - rows[0][0].row > 1 : (rows[0][1]?.column ?? 0) - rows[0][0].column > 1;
  if (kernel.length > 0 && apart) cells.forEach(([x, y]) => outline(pen, x, y, cell, cell, 3));
}

/** The output, and the chosen pixel. */
export function drawOutput(canvas, { output, seen }, at) {
  const { pen, cell } = prepared(canvas, output.width, output.height);
  put(pen, output, planeRgba(output, seen.output), cell, [0, 0]);
  grid(pen, canvas, cell);
  outline(pen, at.x * cell, at.y * cell, cell, cell, 6);
}

function prepared(canvas, width, height) {
  const cell = Math.max(3, Math.floor(WIDE / Math.max(width, height)));
  Object.assign(canvas, { width: width * cell, height: height * cell });
  const pen = canvas.getContext("2d");
  pen.imageSmoothingEnabled = false;
  return { pen, cell };
}

function put(pen, { width, height }, rgba, cell, [left, top]) {
  const small = document.createElement("canvas");
  paint(small, rgba, width, height);
  pen.drawImage(small, left * cell, top * cell, width * cell, height * cell);
}

function grid(pen, { width, height }, cell) {
  if (cell < GRID_FROM) return;
  pen.strokeStyle = "rgb(128 128 128 / 35%)";
  pen.lineWidth = 1;
  pen.beginPath();
  for (let x = cell; x < width; x += cell) pen.rect(x, 0, 0, height);
  for (let y = cell; y < height; y += cell) pen.rect(0, y, width, 0);
  pen.stroke();
}

function outline(pen, x, y, width, height, thick) {
  MARK.forEach((colour, layer) => {
    pen.strokeStyle = colour;
    pen.lineWidth = layer ? thick / 2 : thick;
    pen.strokeRect(x + thick / 4, y + thick / 4, width - thick / 2, height - thick / 2);
  });
}
