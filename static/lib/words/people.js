// People, small words and the room: [English, German].
export const PEOPLE = {
  // people and small words
  the_lab: ["The lab", "Das Labor"],
  guest: ["Guest {id}", "Gast {id}"],
  your_name: ["Your name", "Dein Name"],
  rename: ["Change your name", "Namen ändern"],
  here: ["People here: {count}", "Personen hier: {count}"],
  alone: ["nobody else here yet", "noch niemand sonst da"],
  others: ["{count} more here", "{count} weitere da"],
  save: ["Save", "Speichern"],
  cancel: ["Cancel", "Abbrechen"],
  close: ["Close", "Schließen"],
  copy: ["Copy", "Kopieren"],
  copied: ["Copied", "Kopiert"],
  explain: ["What is “{term}”?", "Was ist „{term}“?"],
  under_a_second: ["under 1 s", "unter 1 s"],
  of: ["{done} of {total}", "{done} von {total}"],
  offline: ["No connection to the lab right now.", "Gerade keine Verbindung zum Labor."],
  language: ["Auf Deutsch umschalten", "Switch to English"],
  theme_auto: ["Theme: as the system", "Farben: wie das System"],
  theme_light: ["Theme: light", "Farben: hell"],
  theme_dark: ["Theme: dark", "Farben: dunkel"],

  // room
  room: ["Room", "Raum"],
  invite: ["Invite others", "Andere einladen"],
  invite_lead: [
    "Whoever opens this link or scans the picture sees the same training and can steer it too.",
    "Wer diesen Link öffnet oder das Bild scannt, sieht dasselbe Training und kann mitsteuern."],
  link: ["Link to this room", "Link zu diesem Raum"],
};
