// Every text of the page: [English, German]; one file per part of the page.
import { PEOPLE } from "./words/people.js";
import { STEER } from "./words/steer.js";
import { WATCH } from "./words/watch.js";

export const CATALOGUE = { ...PEOPLE, ...STEER, ...WATCH };
