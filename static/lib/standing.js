// What is going on and what can be done now, from connection and session. Pure.
import { examplesOf } from "./datasets.js";
import { wayOf } from "./tree.js";

const PAUSED = new Set(["interrupted", "finished", "stopped_early", "loss_not_finite", "reverted", "stepped"]);
const TONES = {
  ready: "calm", training: "live", interrupted: "calm", finished: "good", stopped_early: "good", reverted: "calm", stepped: "calm",
  loss_not_finite: "bad", failed: "bad", refused: "bad",
};

/** {kind, tone, values}: one word for the state of the room; tone: calm, live, good, wait, bad. */
export function standing(connection, session, refusal = null) {
  const kind = kindOf(connection, session);
  const values = kind === "refused" ? (refusal ?? {}) : { ...session?.waiting, ...(kind === "failed" ? session.error : {}) };
  return { kind, tone: TONES[kind] ?? "wait", values };
}

function kindOf(connection, session) {
  if (connection !== "online" || !session) return connection === "online" ? "connecting" : connection;
  if (session.waiting) return session.waiting.reason;
  if (session.status === "paused") return PAUSED.has(session.reason) ? session.reason : "interrupted";
  return { training: "training", failed: "failed" }[session.status] ?? "ready";
}

/** The one Command that is possible now: {name, label, look}. */
export function possible(session) {
  if (!session) return { name: "start", label: "start", look: "go" };
  if (session.status === "training") return { name: "interrupt", label: "interrupt", look: "halt" };
  if (session.waiting) return { name: "interrupt", label: "cancel", look: "halt" };
  return { name: begun(session) ? "continue" : "start", label: labelOf(session), look: "go" };
}

function begun({ status, position, held }) {
  return status === "paused" || (status === "failed" && (position?.x > 0 || Boolean(held)));
}

function labelOf(session) {
  if (session.status === "failed") return "try_again";
  if (offTip(session)) return "branch_off";
  if (!begun(session)) return "start";
  return session.reason === "finished" ? "train_on" : "continue";
}

/** Whether training on from here starts a new Branch. */
export function offTip(session) {
  return Array.isArray(session?.held);
}

/** Where to go back to from numbers that are none: {branch, epoch}, the newest sound Checkpoint of an epoch on the way. */
export function wayBack(state) {
  const { branch, x } = state.session.position;
  const way = wayOf(state, branch);
  const sound = state.checkpoints.filter((one) => one.batch === 0 && one.finite === true && one.x <= x
    && way.some((part) => part.branch === one.branch && one.x <= part.to));
  const last = sound.reduce((best, one) => (best && best.x >= one.x ? best : one), null);
  return last ? { branch: last.branch, epoch: last.epoch } : { branch: way[0].branch, epoch: 0 };
}

/** May a new Run be begun? Not while one trains or waits to. */
export function mayBegin(session) {
  return Boolean(session) && session.status !== "training" && !session.waiting;
}

/** How far this epoch and all of it are (shares 0…1), with seconds left where known. */
export function estimate(state, datasets) {
  const { position, begun, until, rate, status } = state.session;
  if (!position) return { epoch: { number: 1, share: 0 }, all: { until: state.settings.epochs, share: 0 } };
  const from = Math.min(begun ?? position.x, position.x);
  const goal = until ?? Math.floor(position.x) + state.settings.epochs;
  const share = position.x >= goal ? 1 : position.batches ? Math.min(1, position.batch / position.batches) : 0;
  const examples = examplesOf(state.blueprint, { datasets });
  const perEpoch = status === "training" && rate && examples ? examples / rate : NaN;
  return {
    epoch: { number: Math.min(goal, position.epoch + 1), share, left: (1 - share) * perEpoch },
    all: { until: goal, share: goal > from ? (position.x - from) / (goal - from) : 1, left: Math.max(0, goal - position.x) * perEpoch },
  };
}
