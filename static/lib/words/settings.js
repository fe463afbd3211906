// Settings: [English, German]. The words of the rows come from the server's table.
export const SETTINGS = {
  settings: ["Settings", "Einstellungen"],
  settings_lead: ["Change them any time; a change takes effect with the next batch.",
    "Jederzeit änderbar; eine Änderung wirkt ab dem nächsten Batch."],
  group_training: ["Training", "Training"],
  group_optimizer: ["Optimizer", "Optimierer"],
  group_schedule: ["Learning rate over time", "Lernrate im Verlauf"],
  group_pace: ["Pace", "Tempo"],
  slider: ["slider", "Schieberegler"],
  switch_on: ["on", "an"],
  switch_off: ["off", "aus"],
  range: ["{from} to {to}", "{from} bis {to}"],
  pending: ["Asked for; until the next batch it is still {now}", "Erbeten; bis zum nächsten Batch noch {now}"],
  changed: ["{who}: {from} → {to} at epoch {epoch}", "{who}: {from} → {to} bei Epoche {epoch}"],
  unit_images: ["images", "Bilder"],
  unit_epochs: ["epochs", "Epochen"],
  unit_batches: ["batches per second", "Batches je Sekunde"],
};
