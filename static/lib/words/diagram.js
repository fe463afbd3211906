// The diagram of the network: [English, German].
export const DIAGRAM = {
  diagram: ["The network", "Das Netz"],
  diagram_help: [
    "Every layer from the input to the classes, with the shape of what flows between them. While it trains, colours show what channels and neurons give, and how strong single weights are. Click a layer to find it in the list; click a block to open it.",
    "Jede Schicht von der Eingabe bis zu den Klassen, mit der Form dessen, was dazwischen fließt. Beim Training zeigen Farben, was Kanäle und Neuronen liefern und wie stark einzelne Gewichte sind. Klick auf eine Schicht zeigt sie in der Liste, Klick auf einen Block öffnet ihn."],
  diagram_of: ["Network of {layers} layers, from input to output", "Netz aus {layers} Schichten, von der Eingabe zur Ausgabe"],
  diagram_about: ["{layers} layers · {parameters} parameters", "{layers} Schichten · {parameters} Parameter"],
  diagram_wait: ["The network is being drawn …", "Das Netz wird gezeichnet …"],
  diagram_input: ["Input {dataset}, {shape}", "Eingabe {dataset}, {shape}"],
  diagram_layers: ["{count} layers", "{count} Schichten"],
  diagram_shown: ["{shown} of {of} shown", "{shown} von {of} gezeigt"],
  diagram_parameters: ["{count} parameters", "{count} Parameter"],
  diagram_unknown: ["nothing arrives here", "hier kommt nichts an"],
  diagram_outputs: ["Outputs {mean} ± {spread}", "Ausgaben {mean} ± {spread}"],
  diagram_frozen: ["Frozen: its weights stay as they are.", "Eingefroren: Ihre Gewichte bleiben, wie sie sind."],
  diagram_kernels: ["What its first {count} maps look for in the first input channel:", "Was ihre ersten {count} Karten im ersten Eingangskanal suchen:"],
  diagram_zoom_in: ["Larger (+)", "Größer (+)"],
  diagram_zoom_out: ["Smaller (−)", "Kleiner (−)"],
  diagram_zoom_all: ["Whole network (0)", "Ganzes Netz (0)"],
  diagram_below: ["negative", "negativ"],
  diagram_above: ["positive", "positiv"],
  diagram_units: [
    "Maps and neurons: mean output in the last batch looked at, full colour for the largest of each layer.",
    "Karten und Neuronen: mittlere Ausgabe im zuletzt betrachteten Batch, volle Farbe für die größte jeder Schicht."],
  diagram_weights: ["Lines: weights at the end of the last epoch.", "Linien: Gewichte am Ende der letzten Epoche."],
  diagram_later: ["Colours come with the training.", "Farben kommen mit dem Training."],
  diagram_told: ["From {input}: {steps}.", "Aus {input}: {steps}."],
};
