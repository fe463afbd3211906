// A run from elsewhere becomes a room: [English, German].
export const OPEN = {
  open_run: ["Open a run", "Einen Lauf öffnen"],
  open_help: ["An events.jsonl, or the ZIP of a run folder, becomes a new room: with its curves, and to be trained on.",
    "Eine events.jsonl oder das ZIP eines Laufordners wird ein neuer Raum: mit den Kurven, und zum Weitertrainieren."],
  open_opening: ["{name} is being read …", "{name} wird gelesen …"],
};
