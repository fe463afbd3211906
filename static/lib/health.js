// What looks wrong inside the network, from the newest looks at its layers. Pure. The numbers are those of core/events_seen.py.

// Each limit lies well beyond what the presets of the lab reach while they learn (measured on the digits).
export const VANISHING = 1e-3; // of the largest gradient of all layers: such a layer learns a thousand times as slowly as another
export const EXPLODING = 100; // gradient norm: presets stay below 10, even where the rate is too high
export const DEAD = 0.5; // share of units: presets stay below 0.15; from half on the layer has lost its size
export const LARGE_UPDATE = 0.1; // of the weights' own size in one step: 0.001 to 0.03 is usual, the first steps may reach 0.08
export const SMALL_UPDATE = 1e-6; // a million batches to make a weight anew, and float32 has 7 digits: steps get lost in rounding
const RECENT = 5; // looks: one unusual batch is no illness

/** A name for each layer: its kind and its number among its kind, such as conv2; ml_utils/core/blueprint.py `layer_names`. */
export function layerNames(blueprint) {
  const counts = {};
  return (blueprint?.layers ?? []).map(({ kind }) => {
    counts[kind] = (counts[kind] ?? 0) + 1;
    return `${kind}${counts[kind]}`;
  });
}

/** The kind in a layer's name: conv2 is a conv. */
export function kindOf(name) {
  return name.replace(/\d+$/, "");
}

/** The layers of a state, in the order of its Blueprint: [{name, kind, learns, frozen, look, trends}]; look: null or the newest.
 *  `kinds`: {kind: {learns}}, as in the catalogue. */
export function looksOf(state, kinds) {
  const frozen = new Set(state?.settings.frozen ?? []);
  return layerNames(state?.blueprint).map((name) => {
    const kind = kindOf(name);
    const look = state.layers?.[name]?.kind ? state.layers[name] : null; // with histograms alone it was not looked at
    return { name, kind, learns: Boolean(kinds?.[kind]?.learns), frozen: frozen.has(name), look, trends: state.trends?.[name] ?? {} };
  });
}

/** What is wrong, worst first: {name: [{what, value}]}; nothing for layers that are frozen or were not looked at. */
export function findings(state, kinds) {
  const layers = looksOf(state, kinds).filter(({ look }) => look);
  const most = Math.max(0, ...layers.filter(trains).map((layer) => recent(layer, "gradient_norm") ?? 0));
  const found = layers.map((layer) => [layer.name, wrongWith(layer, most)]).filter(([, wrong]) => wrong.length);
  return Object.fromEntries(found);
}

function trains({ learns, frozen }) {
  return learns && !frozen;
}

function wrongWith(layer, most) {
  const { look, learns } = layer;
  if (learns && look.weight_norm === null) return [{ what: "weights_not_finite", value: null }];
  if (look.mean === null) return [{ what: "outputs_not_finite", value: null }];
  const dead = recent(layer, "dead");
  const wrong = dead !== null && dead >= DEAD ? [{ what: "dead", value: dead }] : [];
  return trains(layer) ? [...gradientOf(layer, most), ...wrong] : wrong;
}

/** Of a gradient and the step it causes only the first that is wrong: the rest follows from it. */
function gradientOf(layer, most) {
  const gradient = recent(layer, "gradient_norm");
  const update = recent(layer, "update_ratio");
  const rules = [
    ["exploding", gradient, gradient === null || gradient > EXPLODING],
    ["vanishing", gradient, gradient < VANISHING * most],
    ["update_large", update, update !== null && update > LARGE_UPDATE],
    ["update_small", update, update !== null && update < SMALL_UPDATE && gradient > 0],
  ];
  return rules.filter(([, , wrong]) => wrong).slice(0, 1).map(([what, value]) => ({ what, value }));
}

/** The median of the last looks at a number, the newest among them; null where the newest look has none. */
function recent({ look, trends }, metric) {
  if (look[metric] === null) return null;
  const values = (trends[metric] ?? []).slice(-RECENT).map(([, y]) => y);
  if (!values.length) return look[metric];
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
