// Controls, status, progress and the new run: [English, German].
export const STEER = {
  // controls
  start: ["Start", "Start"],
  interrupt: ["Interrupt", "Unterbrechen"],
  continue: ["Continue", "Weiter"],
  train_on: ["Train on", "Weiter"],
  branch_off: ["Train on as a new branch", "Als neuer Zweig weiter"],
  branch_off_short: ["Branch off", "Abzweigen"],
  try_again: ["Try again", "Erneut versuchen"],
  space_key: ["Space key", "Leertaste"],

  // status
  status_connecting: ["Connecting to the room …", "Verbinde mit dem Raum …"],
  status_reconnecting: ["Connection lost, reconnecting …", "Verbindung verloren, verbinde neu …"],
  more_reconnecting: [
    "The training goes on without you; what you missed will appear.",
    "Das Training läuft ohne dich weiter; was du verpasst, erscheint danach."],
  status_refused: ["This room cannot be entered.", "Dieser Raum lässt sich nicht betreten."],
  more_refused: ["Trying again every few seconds. Reloading the page may help.",
    "Neuer Versuch alle paar Sekunden. Vielleicht hilft es, die Seite neu zu laden."],
  status_ready: ["Ready. Press Start to train.", "Bereit. Mit Start beginnt das Training."],
  status_starting: ["Starting …", "Startet …"],
  status_queued: ["Waiting in line: place {place}", "In der Warteschlange: Platz {place}"],
  more_queued: ["All places for training are taken; yours starts by itself.",
    "Alle Trainingsplätze sind belegt; deines startet von selbst."],
  status_preparing: ["Preparing {dataset} …", "{dataset} wird vorbereitet …"],
  status_recovering: ["Recovering …", "Wird wiederhergestellt …"],
  more_recovering: [
    "The trainer was lost; a new one goes on from the last checkpoint, exactly as before.",
    "Der Trainer ging verloren; ein neuer macht beim letzten Checkpoint genau gleich weiter."],
  status_training: ["Training", "Training läuft"],
  status_interrupted: ["Interrupted. Nothing is lost; continue whenever you like.",
    "Unterbrochen. Nichts ist verloren; jederzeit geht es weiter."],
  status_finished: ["Finished: {until} epochs trained.", "Fertig: {until} Epochen trainiert."],
  status_stopped_early: ["Stopped early, after epoch {epoch}: it has not become better for a while.",
    "Früh angehalten, nach Epoche {epoch}: Es ist eine Weile nicht besser geworden."],
  more_stopped_early: ["Continue to train on; the patience then counts anew.",
    "Mit „Weiter“ geht es weiter; die Geduld zählt dann von vorn."],
  status_loss_not_finite: ["Stopped: the loss is no longer a number.", "Angehalten: Der Fehler ist keine Zahl mehr."],
  more_loss_not_finite: [
    "The steps were too large. Go back to where the numbers were sound, lower the learning rate, and train on.",
    "Die Schritte waren zu groß. Geh dorthin zurück, wo die Zahlen noch stimmten, verringere die Lernrate und trainiere weiter."],
  go_back_to: ["Go back to epoch {epoch} of {branch}", "Zurück zu Epoche {epoch} von {branch}"],
  status_reverted: ["You are at epoch {epoch} of {branch}.", "Du bist bei Epoche {epoch} von {branch}."],
  more_reverted: ["Training on from here continues this branch.", "Weiter trainieren führt diesen Zweig fort."],
  more_off_tip: [
    "Training on from here starts a new branch; what was trained before stays as it is.",
    "Weiter trainieren beginnt von hier einen neuen Zweig; was schon trainiert ist, bleibt, wie es ist."],
  status_stepped: ["One step done. Its batch is shown below.", "Ein Schritt getan. Sein Batch ist unten zu sehen."],
  status_failed: ["The training failed.", "Das Training ist gescheitert."],

  // progress
  this_epoch: ["Epoch {number}", "Epoche {number}"],
  all_epochs: ["All, up to epoch {count}", "Alles, bis Epoche {count}"],
  left: ["{time} left", "noch {time}"],
  pretrained_weights: ["pretrained weights", "vortrainierte Gewichte"],
  preparing_dataset: ["Fetching {dataset}", "{dataset} wird geholt"],

  // new run
  new_run: ["New run", "Neuer Lauf"],
  new_run_later: ["Interrupt the training first.", "Erst das Training unterbrechen."],
  new_run_lead: [
    "A fresh network, untrained. The present run is kept in the room's history. The settings stay as they are.",
    "Ein frisches, untrainiertes Netz. Der jetzige Lauf bleibt in der Geschichte des Raums. Die Einstellungen bleiben."],
  make_run: ["Make new run", "Neuen Lauf anlegen"],
  dataset: ["Images to learn", "Bilder zum Lernen"],
  images_of: ["{train} to train, {test} to test", "{train} zum Lernen, {test} zum Testen"],
  shape_classes: ["{shape} pixels, {count} classes", "{shape} Pixel, {count} Klassen"],
  bundled: ["ready at once", "sofort bereit"],
  to_download: ["{size} MB, fetched once", "{size} MB, einmalig geholt"],
  network: ["Network", "Netz"],
  network_cnn: ["Convolutional network (CNN)", "Faltungsnetz (CNN)"],
  network_cnn_help: ["Slides small filters over the image: good with pictures.", "Schiebt kleine Filter über das Bild: gut für Bilder."],
  network_mlp: ["Multi-layer perceptron (MLP)", "Mehrschichtiges Perzeptron (MLP)"],
  network_mlp_help: ["Every pixel to every unit: simple, and blind to neighbourhood.", "Jedes Pixel an jede Einheit: einfach, sieht keine Nachbarschaft."],
  layers: ["Layers, with the shape of what leaves each", "Schichten, mit der Form dessen, was herauskommt"],
  image: ["Image", "Bild"],
  validation: ["Held back", "Zurückgehalten"],
  validation_help: [
    "Share of the training images that nothing is learned from. After each epoch they show how well it does on new ones, and tell the best epoch; the test images then stay for the very end. The seed picks them.",
    "Anteil der Trainingsbilder, aus denen nichts gelernt wird. Nach jeder Epoche zeigen sie, wie gut es bei neuen ist, und bestimmen die beste Epoche; die Testbilder bleiben so für ganz zuletzt. Der Startwert wählt sie aus."],
  validation_none: ["none", "keine"],
  seed: ["Seed", "Startwert (Seed)"],
  seed_help: [
    "Where all chance comes from: first weights, order of images, dropout. The same seed gives the same run, to the bit.",
    "Woher aller Zufall kommt: erste Gewichte, Reihenfolge der Bilder, Dropout. Gleicher Wert, gleicher Lauf, bis aufs Bit."],
};
