// A click on the small map writes the position into the form. Nothing is sent before the form is.

const figure = document.getElementById("place");
const [lon, lat] = ["lon", "lat"].map((name) => document.getElementById(`f-${name}`));

if (figure && lon && lat) {
  const { west, north, x, y, said } = figure.dataset;
  const drawing = figure.querySelector("svg");
  const mark = document.getElementById("stands");
  const help = document.getElementById("place-help");
  help.hidden = false;
  drawing.classList.add("takes");
  const move = (dx, dy) => {
    mark.setAttribute("cx", dx);
    mark.setAttribute("cy", dy);
  };
  drawing.addEventListener("click", (event) => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(drawing.getScreenCTM().inverse());
    lon.value = (Number(west) + at.x / Number(x)).toFixed(6);
    lat.value = (Number(north) - at.y / Number(y)).toFixed(6);
    move(at.x, at.y);
    help.textContent = said;
  });
  for (const input of [lon, lat]) {
    input.addEventListener("change", () => {
      const [east, up] = [lon, lat].map((each) => Number(each.value.replace(",", ".")));
      if (Number.isFinite(east) && Number.isFinite(up)) move((east - Number(west)) * Number(x), (Number(north) - up) * Number(y));
    });
  }
}
