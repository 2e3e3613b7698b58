// The city's model takes some seconds the first time of a day: the page does not wait for it, its forecast comes after.

const section = document.getElementById("outlook");

async function bring() {
  const said = section.querySelector(".waiting");
  const link = section.querySelector(".wait a");
  said.hidden = false;
  link.hidden = true;
  try {
    const answer = await fetch(section.dataset.wait);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = answer.ok && page.getElementById("outlook");
    if (!fresh || fresh.dataset.wait) throw new Error(`${answer.status}`);
    section.replaceWith(fresh);
  } catch {
    said.hidden = true; // no network, or the service is starting: the link tries again
    link.hidden = false;
  }
}

bring();
