import { SIDES, fittingLook } from "../lib/datasets.js";
import { change, follow } from "../lib/jobs.js";
import { forget, send } from "../room/sending.js";

// why a check fails that may go well another time; not_found: the server has begun anew
const PASSING = new Set(["not_found", "restarting", "offline", "busy", "too_often", "no_process", "no_answer", "storage_failed"]);
const FIRST = Object.freeze({ side: 32, channels: 3 }); // before it is known what suits them

/** One ZIP from the hand to the room: uploading, checking, report, kept. The host is drawn anew at each step. */
export class Flow {
  step = "choose"; // uploading, checking, report
  file = null;
  sent = null; // {have, bytes, left, broken}
  progress = {}; // of the check
  lost = false; // nobody answers what became of the check
  found = null; // the result of the check
  wish = { ...FIRST, title: "", shared: false };
  fitted = false; // whether size and colour are those that suit them, or were chosen by hand
  refused = null;
  busy = false;
  #host;
  #upload = null; // its name at the server
  #job = null;
  #stop = new AbortController(); // of the upload
  #looking = new AbortController(); // of the check: the answers of earlier ones come too late

  constructor(host) {
    this.#host = host;
  }

  #set(values) {
    Object.assign(this, values);
    this.#host.requestUpdate();
  }

  async take(file) {
    this.#leave();
    const { signal } = (this.#stop = new AbortController());
    const wish = { ...FIRST, title: titleOf(file.name), shared: false };
    Object.assign(this, { file, found: null, fitted: false, refused: null, wish });
    const answer = await send(file, this.#host.room, { signal, tell: (sent) => this.#set({ step: "uploading", sent }) });
    if (!answer) return;
    this.#upload = answer.id ?? null;
    if (answer.ok) await this.#check();
    else this.#set({ step: "choose", refused: answer.error });
  }

  /** Look the images through; again after another choice of size and colour, without another upload. */
  async #check() {
    this.#looking.abort();
    const { signal } = (this.#looking = new AbortController());
    const { side, channels, title } = this.wish;
    this.#set({ step: "checking", progress: {}, lost: false, refused: null });
    const asked = await this.#post("", { upload: this.#upload, side, channels, title });
    if (signal.aborted) return asked.ok && this.#giveUp(asked.job);
    if (!asked.ok) return this.#back(asked.error);
    this.#job = asked.job;
    const tell = ({ progress, lost }) => this.#set({ progress, lost });
    const job = await follow(this.#host.room.code, asked.job, { tell, signal });
    if (job?.state === "done") await this.#arrived(job.result);
    else if (job) this.#back(job.error);
  }

  /** The first time it may turn out that another size suits better. */
  async #arrived(result) {
    const fitting = this.found || this.fitted ? lookOf(result) : fittingLook(result);
    this.fitted = true;
    this.wish = { ...this.wish, ...fitting };
    if (JSON.stringify(fitting) === JSON.stringify(lookOf(result))) this.#set({ step: "report", found: result });
    else await this.#check();
  }

  /** To the report that is there, else to the beginning. */
  #back(error) {
    this.#set({ step: this.found ? "report" : "choose", refused: error, wish: { ...this.wish, ...lookOf(this.found) } });
    if (this.found) return;
    if (PASSING.has(error.code)) this.#upload = null; // it stays there: the same file, chosen again, is there at once
    this.#leave();
  }

  /** Another size or colour; a check that is under way is of no use any more. */
  change(values) {
    if (this.step === "checking") this.#giveUp(this.#job);
    const { side, channels } = { ...this.wish, ...values };
    this.wish = { ...this.wish, channels, side: Math.min(side, SIDES[channels].at(-1)) };
    return this.#check();
  }

  type(values) {
    this.#set({ wish: { ...this.wish, ...values } });
  }

  /** Keep them; resolves with their name, or null where that was refused. */
  async keep() {
    const { title, shared } = this.wish;
    const answer = await this.#busily(() => this.#post("/keep", { job: this.#job, title: title.trim(), shared }));
    if (!answer.ok) return null;
    this.cancel();
    return answer.name;
  }

  drop(name) {
    return this.#busily(() => change(this.#host.room, "DELETE", `${this.#room}/images/${name}`));
  }

  async #busily(act) {
    this.#set({ busy: true, refused: null });
    const answer = await act();
    this.#set({ busy: false, refused: answer.ok ? null : answer.error });
    return answer;
  }

  /** Back to the beginning, whatever is under way. */
  cancel() {
    if (this.step === "checking") this.#giveUp(this.#job);
    this.#leave();
    this.#set({ step: "choose", file: null, found: null, refused: null });
  }

  #leave() {
    this.#stop.abort();
    this.#looking.abort();
    forget(this.#host.room, this.#upload);
    this.#upload = this.#job = null;
  }

  #giveUp(job) {
    if (job) change(this.#host.room, "DELETE", `${this.#room}/jobs/${job}`);
  }

  get #room() {
    return `/api/rooms/${this.#host.room.code}`;
  }

  #post(path, body) {
    return change(this.#host.room, "POST", `${this.#room}/images${path}`, body);
  }
}

/** {side, channels} of what was found. */
function lookOf(found) {
  return found ? { channels: found.images.shape[0], side: found.images.shape[1] } : {};
}

/** "my-cats_2.zip" → "my cats 2" */
function titleOf(name) {
  return name.replace(/\.zip$/i, "").replace(/[-_\p{C}]+/gu, " ").trim().slice(0, 60) || "images";
}
