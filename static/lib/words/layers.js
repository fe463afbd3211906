// Inside the layers, and single steps: [English, German].
export const LAYERS = {
  // layers
  inside: ["Inside the layers", "In den Schichten"],
  inside_help: [
    "What happens in each layer, seen in single training batches, about twice a second. Looking never changes the training.",
    "Was in jeder Schicht geschieht, gesehen an einzelnen Trainings-Batches, etwa zweimal je Sekunde. Das Hinsehen ändert das Training nie."],
  inside_empty: [
    "Nothing measured yet. Press Start: then every layer shows how strongly it is asked to change, and how much it does.",
    "Noch nichts gemessen. Drücke Start: Dann zeigt jede Schicht, wie stark sie sich ändern soll und wie sehr sie es tut."],
  inside_well: ["Nothing looks wrong in any layer.", "In keiner Schicht fällt etwas auf."],
  inside_wrong: ["Worth a look: {names}.", "Einen Blick wert: {names}."],
  gradient_norm: ["Gradient", "Gradient"],
  gradient_norm_help: [
    "How strongly the loss asks this layer's weights to change (norm of the gradient). Logarithmic scale.",
    "Wie stark der Fehler die Gewichte dieser Schicht ändern will (Norm des Gradienten). Logarithmische Skala."],
  update_ratio: ["Update", "Änderung"],
  update_ratio_help: [
    "How large one step is beside the weights themselves. About 0.001 to 0.03 is usual. Logarithmic scale.",
    "Wie groß ein Schritt neben den Gewichten selbst ist. Etwa 0,001 bis 0,03 ist üblich. Logarithmische Skala."],
  weight_norm: ["Weights", "Gewichte"],
  weight_norm_help: ["How large the layer's weights and biases are together (their norm).",
    "Wie groß Gewichte und Biaswerte der Schicht zusammen sind (ihre Norm)."],
  dead_units: ["Dead units", "Tote Einheiten"],
  dead_units_help: [
    "Share of a ReLU's units (channels or features) that are zero for every image of the batch. They learn nothing then.",
    "Anteil der Einheiten (Kanäle oder Merkmale) einer ReLU, die für jedes Bild des Batches null sind. Sie lernen dann nichts."],
  outputs: ["Outputs", "Ausgaben"],
  outputs_help: [
    "What the layer gives on to the next: mean (line) and one standard deviation to both sides (band), over the batch.",
    "Was die Schicht an die nächste weitergibt: Mittel (Linie) und eine Standardabweichung nach beiden Seiten (Band), über den Batch."],
  trend_of: ["{what} of {layer}: {value}", "{what} von {layer}: {value}"],
  plus_minus: ["{mean} ± {spread}", "{mean} ± {spread}"],
  more_of: ["More about {layer}", "Mehr über {layer}"],
  histogram_weights: ["Weights: how often which value", "Gewichte: wie oft welcher Wert"],
  histogram_gradients: ["Gradients: how often which value", "Gradienten: wie oft welcher Wert"],
  histogram_of: ["{what}, {layer}: from {low} to {high}", "{what}, {layer}: von {low} bis {high}"],
  histogram_at: ["At the end of epoch {epoch}, where the cursor is.", "Am Ende von Epoche {epoch}, wo der Zeiger steht."],
  histogram_later: ["Measured at the end of each epoch.", "Wird am Ende jeder Epoche gemessen."],
  histogram_none: ["No gradients: the layer is frozen, or its numbers are not finite.",
    "Keine Gradienten: Die Schicht ist eingefroren, oder ihre Zahlen sind nicht endlich."],
  frozen: ["frozen", "eingefroren"],
  frozen_help: ["Frozen weights stay as they are; the layer still computes.", "Eingefrorene Gewichte bleiben, wie sie sind; die Schicht rechnet weiter."],
  freeze: ["Freeze", "Einfrieren"],
  unfreeze: ["Unfreeze", "Auftauen"],
  freeze_layer: ["Freeze {layer}", "{layer} einfrieren"],
  unfreeze_layer: ["Unfreeze {layer}", "{layer} auftauen"],
  freeze_asked: ["asked for …", "erbeten …"],
  freeze_conv: ["Freeze all convolutions", "Alle Faltungen einfrieren"],
  freeze_backbone: ["Freeze the backbone", "Rückgrat einfrieren"],
  freeze_but_last: ["Freeze all but the last layer", "Alle bis auf die letzte Schicht einfrieren"],
  unfreeze_all: ["Unfreeze all", "Alle auftauen"],
  dropout_of: ["Dropout of {layer}", "Dropout von {layer}"],
  dropout_common: ["as in the settings", "wie in den Einstellungen"],
  dropout_reset: ["As in the settings ({value})", "Wie in den Einstellungen ({value})"],

  // what looks wrong
  wrong_vanishing: ["Vanishing gradients", "Verschwindende Gradienten"],
  wrong_vanishing_more: [
    "Hardly anything of the loss reaches this layer, so it learns far more slowly than the others. Dead units or many layers behind it are the usual reasons. Lower the learning rate, or begin a new run with fewer layers.",
    "Vom Fehler kommt in dieser Schicht kaum etwas an, sie lernt viel langsamer als die anderen. Meist liegt das an toten Einheiten oder vielen Schichten hinter ihr. Verringere die Lernrate oder beginne einen neuen Lauf mit weniger Schichten."],
  wrong_exploding: ["Exploding gradients", "Explodierende Gradienten"],
  wrong_exploding_more: [
    "The loss pulls so hard that steps overshoot. Lower the learning rate or clip the gradients; if the weights are ruined, go back to an earlier epoch.",
    "Der Fehler zieht so stark, dass Schritte über das Ziel schießen. Verringere die Lernrate oder kappe die Gradienten; sind die Gewichte verdorben, geh zu einer früheren Epoche zurück."],
  wrong_dead: ["Many dead units: {value}", "Viele tote Einheiten: {value}"],
  wrong_dead_more: [
    "These units are zero for every image, so no gradient comes through them and they may never wake up. A lower learning rate keeps units alive; dead ones need an earlier epoch or a new run.",
    "Diese Einheiten sind für jedes Bild null; kein Gradient kommt durch, und vielleicht wachen sie nie mehr auf. Eine kleinere Lernrate hält Einheiten am Leben; tote brauchen eine frühere Epoche oder einen neuen Lauf."],
  wrong_update_large: ["Steps far too large: {value} of the weights", "Viel zu große Schritte: {value} der Gewichte"],
  wrong_update_large_more: [
    "One batch changes the layer so much that it forgets what it knew. Lower the learning rate.",
    "Ein einziger Batch ändert die Schicht so sehr, dass sie vergisst, was sie konnte. Verringere die Lernrate."],
  wrong_update_small: ["Steps far too small: {value} of the weights", "Viel zu kleine Schritte: {value} der Gewichte"],
  wrong_update_small_more: [
    "The layer stands almost still. Raise the learning rate; if it should rest, freeze it.",
    "Die Schicht steht fast still. Erhöhe die Lernrate; soll sie ruhen, friere sie ein."],
  wrong_weights_not_finite: ["Weights are no longer numbers", "Gewichte sind keine Zahlen mehr"],
  wrong_weights_not_finite_more: [
    "A step was so large that weights became infinite; nothing can be learned from here. Go back to an earlier epoch with a lower learning rate.",
    "Ein Schritt war so groß, dass Gewichte unendlich wurden; von hier aus ist nichts mehr zu lernen. Geh mit kleinerer Lernrate zu einer früheren Epoche zurück."],
  wrong_outputs_not_finite: ["Outputs are no longer numbers", "Ausgaben sind keine Zahlen mehr"],
  wrong_outputs_not_finite_more: [
    "What this layer gives on is infinite or undefined. Look at the first such layer: the trouble begins there.",
    "Was diese Schicht weitergibt, ist unendlich oder undefiniert. Sieh dir die erste solche Schicht an: Dort beginnt das Problem."],

  // single steps
  steps: ["One batch at a time", "Batch für Batch"],
  steps_help: [
    "Trains a single batch, then pauses and shows what the network saw, what it said, and how far the step moved it.",
    "Trainiert einen einzigen Batch, hält dann an und zeigt, was das Netz sah, was es sagte und wie weit der Schritt es bewegte."],
  steps_empty: ["Press “One batch”: its images will appear here, with what the network takes them for before it learns from them.",
    "Drücke „Ein Batch“: Seine Bilder erscheinen hier, mit dem, wofür das Netz sie hält, bevor es aus ihnen lernt."],
  steps_pace: ["For slow motion, turn up “{label}” in the settings.", "Für Zeitlupe gibt es „{label}“ in den Einstellungen."],
  one_batch: ["One batch", "Ein Batch"],
  interrupt_first: ["Interrupt to go step by step", "Unterbrechen und einzeln gehen"],
  step_where: ["Batch {batch} of epoch {epoch}", "Batch {batch} von Epoche {epoch}"],
  step_shown: ["{shown} of {size} images shown", "{shown} von {size} Bildern gezeigt"],
  step_all_shown: ["all {size} images shown", "alle {size} Bilder gezeigt"],
  step_loss: ["Loss before the step", "Fehler vor dem Schritt"],
  step_accuracy: ["Right in this batch", "Richtig in diesem Batch"],
  step_gradient: ["Gradient norm", "Norm des Gradienten"],
  step_length: ["Step length", "Länge des Schritts"],
  step_rate: ["Learning rate", "Lernrate"],
  step_layers: ["What the step did in each layer", "Was der Schritt in jeder Schicht tat"],
  step_layer: ["Layer", "Schicht"],
  said_right: ["right", "richtig"],
  said_wrong: ["says {said}", "sagt {said}"],
  image_said: ["Image {number}: {label}. The network says {said}, {confidence} sure.", "Bild {number}: {label}. Das Netz sagt {said}, zu {confidence} sicher."],
};
