// Links the waveform with the notes: what is pointed at on one side lights up on the other.
(function () {
  "use strict";
  const wave = document.querySelector(".wave");
  const links = Array.from(wave.querySelectorAll(".spans a"));
  const rows = links.map((link) => document.querySelector(link.getAttribute("href")));
  const hint = wave.querySelector(".hint");
  const said = wave.querySelector(".said");
  const cursor = wave.querySelector(".cursor");
  const plot = wave.querySelector(".plot");
  const length = Number(wave.dataset.length);
  let chosen = -1;

  function show(index) {
    links.forEach((link, at) => link.classList.toggle("lit", at === index));
    rows.forEach((row, at) => row.classList.toggle("lit", at === index));
    hint.hidden = index >= 0;
    said.hidden = index < 0;
    if (index >= 0) said.textContent = rows[index].querySelector("p").textContent;
  }

  function choose(event, index) {
    event.preventDefault();
    chosen = index;
    show(index);
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    rows[index].scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
  }

  function clock(seconds) {
    const tenths = Math.round(seconds * 10);
    const minutes = Math.floor(tenths / 600);
    return minutes + ":" + ((tenths % 600) / 10).toFixed(1).padStart(4, "0");
  }

  function follow(event) {
    const box = plot.getBoundingClientRect();
    const share = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
    cursor.hidden = event.pointerType === "touch";
    cursor.style.left = share * 100 + "%";
    cursor.firstElementChild.textContent = clock(share * length);
    cursor.classList.toggle("flipped", share > 0.9);
  }

  links.forEach((link, index) => {
    link.addEventListener("pointerenter", () => show(index));
    link.addEventListener("pointerleave", () => show(chosen));
    link.addEventListener("focus", () => show(index));
    link.addEventListener("blur", () => show(chosen));
    link.addEventListener("click", (event) => choose(event, index));
    rows[index].addEventListener("pointerenter", () => show(index));
    rows[index].addEventListener("pointerleave", () => show(chosen));
  });
  plot.addEventListener("pointermove", follow);
  plot.addEventListener("pointerleave", () => (cursor.hidden = true));
})();
