// Makes a photo small before it is sent: a telephone's own has megabytes, which a poor line carries in minutes. Where
// anything is missing for that the photo goes as it is.
const LONGEST_SIDE = 1280;
const QUALITY = 0.7;

const input = document.querySelector("input[type=file]");
const help = document.getElementById("photo-help");
const form = input.form;

async function madeSmall(file) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const share = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * share);
  canvas.height = Math.round(picture.height * share);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  return new File([blob], "photo.jpg", { type: "image/jpeg" });
}

input.addEventListener("change", async () => {
  const [file] = input.files;
  if (!file || file.name === "photo.jpg") return;
  try {
    const small = await madeSmall(file);
    if (small.size >= file.size || input.files[0] !== file) return;
    const held = new DataTransfer();
    held.items.add(small);
    input.files = held.files;
    help.textContent = help.dataset.small.replace("{kb}", Math.round(small.size / 1000));
  } catch (error) {
    console.info("the photo is sent as it is:", error.message);
  }
});

// A second tap on a slow line would only wait twice; coming back to the page lets it be sent again.
form.addEventListener("submit", () => { form.querySelector("button").disabled = true; });
addEventListener("pageshow", () => { form.querySelector("button").disabled = false; });
