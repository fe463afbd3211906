// A file on its way to the server: [English, German].
export const SENDING = {
  send_file: ["{file} is on its way", "{file} ist unterwegs"],
  send_amount: ["{done} of {total}", "{done} von {total}"],
  send_broken: ["The line is broken. It goes on by itself as soon as the server answers; nothing of it is lost.",
    "Die Verbindung ist unterbrochen. Es geht von selbst weiter, sobald der Server antwortet; nichts ist verloren."],
  send_unreadable: ["This file cannot be read. If it has changed since, choose it again; a folder cannot be sent.",
    "Diese Datei ist nicht lesbar. Hat sie sich inzwischen geändert, bitte neu wählen; ein Ordner lässt sich nicht senden."],
  send_size: ["A file that is sent has 1 byte to 500 MB.", "Eine Datei, die gesendet wird, hat 1 Byte bis 500 MB."],
};
