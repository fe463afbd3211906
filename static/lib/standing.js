// What is going on and what can be done now, from connection and session. Pure.

const PAUSED = { interrupted: "interrupted", finished: "finished", loss_not_finite: "loss_not_finite" };
const TONES = {
  ready: "calm", training: "live", interrupted: "calm", finished: "good", loss_not_finite: "bad", failed: "bad", refused: "bad",
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
  if (session.status === "paused") return PAUSED[session.reason] ?? "interrupted";
  return { training: "training", failed: "failed" }[session.status] ?? "ready";
}

/** The one Command that is possible now: {name, label, look}. */
export function possible(session) {
  if (!session) return { name: "start", label: "start", look: "go" };
  if (session.status === "training") return { name: "interrupt", label: "interrupt", look: "halt" };
  if (session.waiting) return { name: "interrupt", label: "cancel", look: "halt" };
  const begun = session.position?.x > 0;
  const label = session.status === "failed" ? "try_again" : begun ? (session.reason === "finished" ? "train_on" : "continue") : "start";
  return { name: begun ? "continue" : "start", label, look: "go" };
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
  const examples = datasets?.find(({ name }) => name === state.blueprint.dataset)?.train;
  const perEpoch = status === "training" && rate && examples ? examples / rate : NaN;
  return {
    epoch: { number: Math.min(goal, position.epoch + 1), share, left: (1 - share) * perEpoch },
    all: { until: goal, share: goal > from ? (position.x - from) / (goal - from) : 1, left: Math.max(0, goal - position.x) * perEpoch },
  };
}
