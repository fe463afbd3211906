/** For the `@change` of a file input: `take` hears of the file, if one was chosen. */
export function chosenFile(take) {
  return ({ target }) => {
    const [file] = target.files;
    target.value = ""; // the same file may be chosen again
    if (file) take(file);
  };
}
