// Takes the hosts that Gradio has drawn and makes the page of them.
import { el, icon } from "./dom.js";
import { Desk } from "./desk.js";
import { Drawer } from "./drawer.js";
import { exportEntries } from "./exports.js";
import { Kept } from "./kept.js";
import { feedbackPanel } from "./feedback.js";
import { linked } from "./links.js";
import { menu } from "./menu.js";
import { Reader } from "./reader.js";
import { readStart } from "./server.js";
import { Shelf } from "./shelf.js";
import { strings } from "./strings.js";
import { Thread } from "./thread.js";

const MOST_NOTICES = 3; // more would push the answers off a small screen
const HOSTS = ["fn-app", "fn-chat", "fn-masthead", "fn-thread", "fn-question", "fn-ask", "fn-notice", "fn-side", "fn-reader"];

/** Our own node inside a Gradio component that Python never updates. */
function hostIn(id) {
  const host = el("div", { class: "fn-host" });
  document.getElementById(id).append(host);
  return host;
}

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function themeToggle() {
  const toggle = el("button", { class: "fn-plain", type: "button" });
  const paint = () => {
    document.body.classList.toggle("dark", isDark());
    toggle.setAttribute("aria-label", isDark() ? strings.toLight : strings.toDark);
    toggle.title = toggle.getAttribute("aria-label");
    toggle.replaceChildren(icon(isDark() ? "sun" : "moon"));
  };
  toggle.addEventListener("click", () => {
    const theme = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem("footnote.theme", theme);
    } catch {
      // Storage is switched off: the choice holds until the page is left.
    }
    paint();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
  paint();
  return toggle;
}

function masthead({ thread, reader, kept }) {
  const open = (turns) => {
    reader.close();
    return thread.restore(turns);
  };
  const drawer = new Drawer(kept, open);
  const fresh = el("button", { class: "fn-plain", type: "button", "aria-label": strings.newConversation, title: strings.newConversation, on: { click: async () => {
    await open(kept.select(null));
    document.querySelector("#fn-question textarea").focus();
  } } }, icon("plus"));
  const shelf = el("button", { class: "fn-plain fn-documents", type: "button", "aria-label": strings.documentsTitle, title: strings.documentsTitle, on: { click: () => reader.openShelf(shelf) } }, icon("file"));
  const told = () => ({ name: kept.current?.name ?? strings.conversation, turns: thread.turns });
  hostIn("fn-masthead").append(
    el("p", { class: "fn-brand" }, strings.name, el("sup", { "aria-hidden": "true" }, "1")),
    el("div", { class: "fn-tools" }, menu(strings.export, { class: "fn-plain fn-export", title: strings.exportLabel }, exportEntries(told)), fresh, shelf, drawer.button, themeToggle()),
    drawer.node);
}

function composer(thread) {
  const box = document.querySelector("#fn-question textarea");
  const button = document.getElementById("fn-ask");
  const send = () => {
    const question = box.value;
    if (!question.trim()) {
      box.focus();
      return;
    }
    // Gradio keeps its own copy of the value; it follows the input event.
    box.value = "";
    box.dispatchEvent(new Event("input", { bubbles: true }));
    thread.ask(question);
  };
  document.getElementById("fn-question").addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      event.stopPropagation();
      send();
    },
    { capture: true },
  );
  button.addEventListener("click", send);
  return box;
}

// Asked for at once, while Gradio still draws its frame.
let firstStart = readStart();
firstStart.catch(() => {});

async function begin({ thread, shelf, desk, kept }) {
  let started;
  try {
    started = await (firstStart ?? readStart());
    firstStart = null;
  } catch {
    firstStart = null;
    thread.trouble(() => begin({ thread, shelf, desk, kept }));
    return;
  }
  take(started, { thread, shelf });
  hostIn("fn-notice").replaceChildren(...started.notices.slice(0, MOST_NOTICES).map((notice) => el("p", { dir: "auto" }, notice)));
  if (kept.current) await thread.restore(kept.select(kept.current.id));
  const place = linked();
  if (place) desk.readAlone(place, null, strings.linkedMark);
}

/** What the server told of the index. */
function take(started, { thread, shelf }) {
  thread.documentsCount = started.documents.length;
  shelf.show(started);
  thread.greet(started.starters);
}

function mount() {
  const kept = new Kept();
  let desk = null;
  const shelf = new Shelf({
    browse: (doc, opener) => desk.readAlone({ doc }, opener, ""),
    changed: async () => take(await readStart(), { thread, shelf }),
    ticked: () => thread.greet(thread.starters),
    feedback: (opener) => reader.showPanel(feedbackPanel(() => reader.close()), opener),
    close: () => reader.close(),
  });
  const reader = new Reader(hostIn("fn-reader"), shelf.node, { closed: () => desk.closed() });
  const thread = new Thread(hostIn("fn-thread"), () => kept.keep(thread.turns), () => shelf.allowed());
  desk = thread.desk = new Desk(reader, () => kept.keep(thread.turns));
  masthead({ thread, reader, kept });
  composer(thread);
  addEventListener("hashchange", () => {
    const place = linked();
    if (place) desk.readAlone(place, null, strings.linkedMark);
  });
  begin({ thread, shelf, desk, kept });
}

function whenDrawn(run) {
  const ready = () => HOSTS.every((id) => document.getElementById(id)) && document.querySelector("#fn-question textarea");
  if (ready()) {
    run();
    return;
  }
  const watch = new MutationObserver(() => {
    if (!ready()) return;
    watch.disconnect();
    run();
  });
  watch.observe(document.documentElement, { childList: true, subtree: true });
}

whenDrawn(mount);
