// A run from elsewhere becomes a room: [English, German].
export const OPEN = {
  open_run: ["Open a run", "Einen Lauf öffnen"],
  open_help: ["An events.jsonl, or the ZIP of a run folder, becomes a new room: with its curves, and to be trained on.",
    "Eine events.jsonl oder das ZIP eines Laufordners wird ein neuer Raum: mit den Kurven, und zum Weitertrainieren."],
  open_sending: ["{name} is on its way: {done} of {total}", "{name} ist unterwegs: {done} von {total}"],
  open_broken: ["The line is broken. It goes on by itself as soon as the server answers.",
    "Die Verbindung ist unterbrochen. Es geht von selbst weiter, sobald der Server antwortet."],
  open_opening: ["{name} is being read …", "{name} wird gelesen …"],
  open_size: ["A file to be opened has 1 byte to 500 MB.", "Eine Datei zum Öffnen hat 1 Byte bis 500 MB."],
};
