// Every text of the page: [English, German]; one file per part of the page.
import { COMPARE } from "./words/compare.js";
import { CREATOR } from "./words/creator.js";
import { DIAGRAM } from "./words/diagram.js";
import { DRAW } from "./words/draw.js";
import { EVALUATE } from "./words/evaluate.js";
import { EXPLAIN } from "./words/explain.js";
import { IMAGES } from "./words/images.js";
import { INSIDE } from "./words/inside.js";
import { LAYERS } from "./words/layers.js";
import { LEDGER } from "./words/ledger.js";
import { OPEN } from "./words/open.js";
import { PEOPLE } from "./words/people.js";
import { REVIEW } from "./words/review.js";
import { SENDING } from "./words/sending.js";
import { SETTINGS } from "./words/settings.js";
import { STEER } from "./words/steer.js";
import { TAKE } from "./words/take.js";
import { TREE } from "./words/tree.js";
import { WATCH } from "./words/watch.js";

export const CATALOGUE = {
  ...COMPARE, ...CREATOR, ...DIAGRAM, ...DRAW, ...EVALUATE, ...EXPLAIN, ...IMAGES, ...INSIDE, ...LAYERS, ...LEDGER, ...OPEN, ...PEOPLE, ...REVIEW,
  ...SENDING, ...SETTINGS, ...STEER, ...TAKE, ...TREE, ...WATCH,
};
