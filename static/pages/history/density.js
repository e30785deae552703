/** How much was changed in which versions, and by whom, drawn behind the slider. */

import { byId } from "../dom.js";
import { colorOf } from "../names.js";

/** @typedef {import("../../client/history.js").TimelineBucket} TimelineBucket */

/** Half of the slider's thumb, in CSS pixels: the middle of the thumb is where a version is. */
const INSET = 8;

/** @param {import("./facts.js").Facts} facts */
export function showDensity(facts) {
  const canvas = byId("density", HTMLCanvasElement);
  const redraw = () => draw(canvas, facts.buckets, facts.newest);
  new ResizeObserver(redraw).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  facts.on("known", ({ buckets }) => {
    if (buckets.length > 0) canvas.dataset.authors = String(new Set(buckets.flatMap(({ authors }) => Object.keys(authors))).size);
    redraw();
  });
}

/** @param {HTMLCanvasElement} canvas @param {readonly TimelineBucket[]} buckets @param {number} newest */
function draw(canvas, buckets, newest) {
  const { clientWidth, clientHeight } = canvas;
  const pen = canvas.getContext("2d");
  if (!pen || clientWidth === 0) return;
  canvas.width = Math.round(clientWidth * devicePixelRatio);
  canvas.height = Math.round(clientHeight * devicePixelRatio);
  pen.scale(devicePixelRatio, devicePixelRatio);
  const most = Math.max(...buckets.map(weight));
  const width = clientWidth - 2 * INSET;
  /** @param {number} version */
  const place = (version) => INSET + (width * version) / Math.max(1, newest);
  for (const bucket of buckets) {
    const [left, right] = [place(bucket.first - 1), place(bucket.last)];
    let bottom = clientHeight;
    for (const { color, share } of shares(bucket)) {
      const height = share * Math.max(2, (clientHeight * weight(bucket)) / most);
      pen.fillStyle = color;
      pen.fillRect(left, bottom - height, Math.max(1, right - left - 0.5), height);
      bottom -= height;
    }
  }
}

/** The root, so that one long paste does not make everything else flat. @param {TimelineBucket} bucket */
function weight({ inserted, deleted }) {
  return Math.sqrt(inserted + deleted);
}

/** @param {TimelineBucket} bucket @returns {{ color: string, share: number }[]} parts of its edits, which together are 1 */
function shares({ authors, others, edits }) {
  const named = Object.entries(authors).map(([author, share]) => ({ color: colorOf(author), share: share / edits }));
  return others > 0 ? [...named, { color: "#8b8a84", share: others / edits }] : named;
}
