// The drawing pad: [English, German].
export const DRAW = {
  draw_title: ["Draw", "Zeichnen"],
  draw_help: [
    "Draw with mouse, finger or pen. The drawing is cut out, scaled and placed as the images of the dataset were, and the network answers while you draw, also while it trains.",
    "Zeichne mit Maus, Finger oder Stift. Die Zeichnung wird so ausgeschnitten, verkleinert und gesetzt wie die Bilder des Datensatzes, und das Netz antwortet, während du zeichnest, auch während es trainiert."],
  draw_help_colour: [
    "Take or choose a picture. Its middle square is scaled down to the size of the images that the network learns from.",
    "Nimm ein Bild auf oder wähle eines. Sein mittleres Quadrat wird auf die Größe der Bilder verkleinert, mit denen das Netz lernt."],

  // the pad
  draw_pad: ["Drawing pad", "Zeichenfläche"],
  draw_here: ["Draw here", "Hier zeichnen"],
  draw_keys: ["By keyboard: arrow keys move, Space puts the pen down and lifts it, Backspace takes a stroke back.",
    "Mit der Tastatur: Pfeiltasten bewegen, Leertaste setzt den Stift auf und hebt ihn, Rücktaste nimmt einen Strich zurück."],
  draw_undo: ["Undo", "Rückgängig"],
  draw_clear: ["Clear", "Leeren"],
  draw_brush: ["Brush", "Pinsel"],
  draw_invert: ["Invert", "Umkehren"],
  draw_invert_help: ["Dark on bright: the network has never seen that.", "Dunkel auf Hell: Das hat das Netz nie gesehen."],

  // the image
  draw_seen: ["What the network gets", "Was das Netz bekommt"],
  draw_seen_label: ["The image as the network gets it, {width} by {height} pixels; arrow keys read single pixels",
    "Das Bild, wie das Netz es bekommt, {width} mal {height} Pixel; Pfeiltasten lesen einzelne Pixel"],
  draw_pixels: ["pixels", "Pixel"],
  draw_nothing: ["It appears here as soon as there is something to see.", "Es erscheint hier, sobald es etwas zu sehen gibt."],
  draw_point: ["{width} × {height} pixels. Point at one to read it.", "{width} × {height} Pixel. Zeig auf eines, um es zu lesen."],
  draw_value: ["Row {row}, column {column}: brightness {byte} of 255; the network gets {number}.",
    "Zeile {row}, Spalte {column}: Helligkeit {byte} von 255; das Netz bekommt {number}."],
  draw_heat: ["Show what counts: {method}", "Zeigen, was zählt: {method}"],
  draw_share: ["Heat", "Wärme"],

  // what it says
  draw_says: ["What it says", "Was es sagt"],
  draw_says_nothing: ["Draw something, or choose a picture: then the network says what it takes it for.",
    "Zeichne etwas oder wähle ein Bild: Dann sagt das Netz, wofür es das hält."],
  draw_verdict: ["{name} ({sure} sure)", "{name} (zu {sure} sicher)"],
  draw_bars: ["How sure the network is of each class", "Wie sicher das Netz bei jeder Klasse ist"],
  draw_untrained: ["Nothing has been trained yet: it only guesses.", "Noch ist nichts trainiert: Es rät nur."],

  // pictures
  draw_picture: ["Take a picture, choose one, or drop it here.", "Nimm ein Bild auf, wähle eines oder lass es hier fallen."],
  draw_picture_grey: ["Or use a picture: its middle square is scaled down.", "Oder nimm ein Bild: Sein mittleres Quadrat wird verkleinert."],
  draw_choose: ["Choose a picture", "Bild wählen"],
  draw_camera: ["Take a picture", "Bild aufnehmen"],
  draw_paper: ["Dark ink on white paper", "Dunkle Tinte auf weißem Papier"],
  draw_kinds: ["PNG, JPEG, WebP or BMP, up to 8 MB and 16 million pixels. Nothing is kept unless you keep it.",
    "PNG, JPEG, WebP oder BMP, bis 8 MB und 16 Millionen Pixel. Nichts wird behalten, außer du behältst es."],
  draw_reading: ["Reading the picture …", "Das Bild wird gelesen …"],
  draw_file_large: ["This file has more than 8 MB.", "Diese Datei hat mehr als 8 MB."],
  draw_file_large_hint: ["Make it smaller, or take a part of it.", "Mach sie kleiner oder nimm einen Ausschnitt."],

  // what is kept
  draw_keep: ["Keep it as …", "Behalten als …"],
  draw_keep_as: ["Keep it as {name}", "Als {name} behalten"],
  draw_keep_help: ["Choose what it is meant to be. At the end of each epoch the network is tested on everything that the room keeps: the dotted curve of the chart.",
    "Wähle, was es sein soll. Am Ende jeder Epoche wird das Netz an allem geprüft, was der Raum behält: die gepunktete Kurve im Diagramm."],
  draw_kept_now: ["Kept as {name}. You find it below.", "Als {name} behalten. Du findest es unten."],
  draw_kept: ["Our drawings ({count})", "Unsere Zeichnungen ({count})"],
  draw_kept_none: ["The room keeps no drawings of this dataset yet.", "Der Raum behält noch keine Zeichnungen zu diesem Datensatz."],
  draw_kept_one: ["{name}, by {who}", "{name}, von {who}"],
  draw_drop: ["Delete", "Löschen"],
};
