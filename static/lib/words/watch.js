// Numbers and charts: [English, German].
export const WATCH = {
  // numbers
  test_accuracy: ["Test accuracy", "Testgenauigkeit"],
  test_accuracy_help: [
    "Share of images recognised correctly among images the network has never trained on. Dropout is off (eval mode).",
    "Anteil richtig erkannter Bilder unter solchen, mit denen das Netz nie trainiert hat. Dropout ist aus (Eval-Modus)."],
  test_loss: ["Test loss", "Testfehler"],
  test_loss_help: [
    "Mean loss over the test images, dropout off. If it rises while the training loss falls, the network learns by heart.",
    "Mittlerer Fehler über die Testbilder, Dropout aus. Steigt er, während der Trainingsfehler fällt, lernt das Netz auswendig."],
  epochs_done: ["Epochs done", "Epochen fertig"],
  epochs_done_help: [
    "In one epoch the network sees every training image once, in batches. After each epoch it is tested.",
    "In einer Epoche sieht das Netz jedes Trainingsbild einmal, in Batches. Nach jeder Epoche wird es getestet."],
  speed: ["Speed", "Tempo"],
  speed_help: ["Training images per second, measured over the last moments.",
    "Trainingsbilder je Sekunde, über die letzten Augenblicke gemessen."],
  speed_unit: ["images per second", "Bilder je Sekunde"],
  tested: ["{count} images · epoch {epoch}", "{count} Bilder · Epoche {epoch}"],
  not_tested: ["after the first epoch", "nach der ersten Epoche"],
  batch_of: ["batch {batch} of {batches}", "Batch {batch} von {batches}"],
  planned: ["of {until} planned", "von {until} geplanten"],
  no_batches: ["not begun", "nicht begonnen"],

  // chart
  loss: ["Loss", "Fehler"],
  loss_help: [
    "How wrong the network is; smaller is better. Faint: each training batch. Dashed: their mean over the epoch. Solid: the test images, after each epoch. Dotted: what the room has drawn, if anything. Each branch has its colour.",
    "Wie falsch das Netz liegt (Loss); kleiner ist besser. Blass: jeder Trainings-Batch. Gestrichelt: ihr Mittel über die Epoche. Durchgezogen: die Testbilder, nach jeder Epoche. Gepunktet: was der Raum gezeichnet hat, falls es etwas gibt. Jeder Zweig hat seine Farbe."],
  loss_empty: [
    "Press Start: the network looks at the images batch by batch, and its mistakes appear here. The curve should fall.",
    "Drücke Start: Das Netz sieht sich die Bilder Batch für Batch an, und seine Fehler erscheinen hier. Die Kurve sollte fallen."],
  accuracy: ["Accuracy", "Genauigkeit"],
  accuracy_help: [
    "Share of images recognised correctly. Training batches are counted with dropout on, test images and the room's drawings with dropout off.",
    "Anteil richtig erkannter Bilder. Trainings-Batches zählen mit Dropout, Testbilder und die Zeichnungen des Raums ohne."],
  accuracy_empty: [
    "And here: how many of the images it recognises. This curve should rise.",
    "Und hier: wie viele der Bilder es erkennt. Diese Kurve sollte steigen."],
  rate: ["Learning rate", "Lernrate"],
  rate_help: [
    "How far each step moved the weights, as the schedule had it.",
    "Wie weit jeder Schritt die Gewichte bewegt hat, so wie es der Lernratenplan wollte."],
  rate_empty: ["The learning rate of each batch appears here.", "Hier erscheint die Lernrate jedes Batches."],
  epoch: ["Epoch", "Epoche"],
  at_epoch: ["epoch {epoch}", "Epoche {epoch}"],
  at_step: ["batch {step}", "Batch {step}"],
  curve_train: ["Batch", "Batch"],
  curve_epoch: ["Training", "Training"],
  curve_test: ["Test", "Test"],
  curve_drawings: ["Our drawings", "Unsere Zeichnungen"],
  curve_rate: ["Learning rate", "Lernrate"],
  all_branches: ["Branches: {count}", "Zweige: {count}"],
  curve_options: ["Smoothing and x axis", "Glättung und x-Achse"],
  smoothing: ["Smoothing of batches", "Glättung der Batches"],
  axis: ["Along x", "Entlang x"],
  axis_epochs: ["Epochs", "Epochen"],
  axis_step: ["Batches", "Batches"],
  axis_seconds: ["Training time", "Trainingszeit"],
  difference: ["Difference {second} − {first}", "Differenz {second} − {first}"],
  scale: ["Scale", "Skala"],
  linear: ["linear", "linear"],
  log: ["log", "log"],
  zoom_in: ["Zoom in (drag over the curve, or Ctrl and wheel)", "Vergrößern (über die Kurve ziehen oder Strg und Rad)"],
  zoom_out: ["Zoom out", "Verkleinern"],
  zoom_all: ["Show all (double click)", "Alles zeigen (Doppelklick)"],
  table: ["Values as a table", "Werte als Tabelle"],
  plot_of: ["{what} over the epochs. Arrow keys move the cursor, plus and minus zoom.",
    "{what} über die Epochen. Pfeiltasten bewegen den Zeiger, Plus und Minus vergrößern."],
  plot_rate: ["In epoch {epoch}: {rate}.", "In Epoche {epoch}: {rate}."],
  plot_latest: ["After epoch {epoch}: training {train}, test {test}.", "Nach Epoche {epoch}: Training {train}, Test {test}."],
};
