// What a reader says of an answer, and the owner's list of it.
import { el, icon } from "./dom.js";
import { judgmentsFile, readFeedback, sendFeedback } from "./server.js";
import { strings } from "./strings.js";

const newId = () => crypto.randomUUID?.() ?? `t${Date.now().toString(36)}${Math.random().toString(36).slice(2)}`;

/** Reasons that fit: an answer can be wrong in three ways, the nearest passage in two, an abstention without in one. */
const REASONS = {
  answered: ["wrong_passage", "not_answered", "should_have_abstained"],
  nearest: ["not_answered", "should_have_abstained"],
  absent: ["not_answered"],
};

/** The line under an answer. @param kept called when what was said should outlive a reload */
export function feedbackLine(turn, kept) {
  turn.feedback ??= { kind: null, correct: [] };
  const said = el("span", { class: "fn-feedback-said", role: "status" });
  const reasons = el("div", { class: "fn-reasons", role: "group", "aria-label": strings.whatIsWrong });
  const thumb = (good) => {
    const label = good ? (turn.quotes.length ? strings.good : strings.rightlyAbstained) : strings.bad;
    return el("button", { class: "fn-plain fn-thumb", type: "button", "aria-pressed": "false", "aria-label": label, title: label, data: { good }, on: { click: () => say(pressedNow(good) ? null : good ? "good" : "bad") } }, icon(good ? "up_thumb" : "down_thumb"));
  };
  const thumbs = [thumb(true), thumb(false)];
  const pressedNow = (good) => turn.feedback.kind !== null && (turn.feedback.kind === "good") === good;
  const node = el("div", { class: "fn-feedback" }, thumbs, reasons, said);

  const draw = () => {
    const { kind } = turn.feedback;
    thumbs.forEach((each, n) => each.setAttribute("aria-pressed", String(pressedNow(n === 0))));
    const wrong = kind !== null && kind !== "good";
    reasons.hidden = !wrong;
    reasons.replaceChildren(...(wrong ? REASONS[turn.answer.standing].map((reason) =>
      el("button", { class: "fn-small", type: "button", "aria-pressed": String(reason === kind), on: { click: () => say(reason) } }, strings.reasons[reason])) : []));
    turn.node.classList.toggle("is-pointing", kind === "wrong_passage" || kind === "not_answered");
    for (const button of turn.node.querySelectorAll(".fn-points")) {
      button.setAttribute("aria-pressed", String(isCorrect(turn, button)));
    }
  };
  const say = async (kind) => {
    turn.feedback.kind = kind;
    if (kind === null || kind === "good" || kind === "should_have_abstained") turn.feedback.correct = [];
    draw();
    if (kind === "wrong_passage" || kind === "not_answered") turn.node.querySelector(".fn-related")?.setAttribute("open", "");
    await send();
  };
  const send = async () => {
    const { kind } = turn.feedback;
    turn.feedback.turn ??= newId();
    try {
      await sendFeedback(bodyOf(turn));
      said.textContent = kind === null ? strings.feedbackTaken : turn.node.classList.contains("is-pointing") && turn.shown.related.length ? strings.feedbackPoint : strings.feedbackThanks;
    } catch {
      said.textContent = strings.feedbackFailed;
    }
    kept();
  };
  turn.point = (hit) => {
    const at = turn.feedback.correct.findIndex((each) => each.doc === hit.doc && each.start === hit.start);
    if (at >= 0) turn.feedback.correct.splice(at, 1);
    else turn.feedback.correct.push({ doc: hit.doc, start: hit.start, end: hit.end, quote: hit.text });
    draw();
    send();
  };
  draw();
  return node;
}

/** A button that points at a passage as the answer; it shows once an answer was called wrong. */
export const pointer = (turn, hit) =>
  el("button", { class: "fn-small fn-points", type: "button", "aria-pressed": "false", data: { doc: hit.doc, start: hit.start }, on: { click: () => turn.point(hit) } }, strings.thisAnswers);

const isCorrect = (turn, button) =>
  turn.feedback.correct.some((each) => each.doc === button.dataset.doc && String(each.start) === button.dataset.start);

function bodyOf(turn) {
  const { kind, correct } = turn.feedback;
  const supported = turn.quotes.filter((each) => turn.verdicts[each.number] === "supports");
  // Where quotes were checked one by one, only those that support the answer are called right.
  const right = kind === "good" && supported.length ? supported : turn.quotes;
  // The nearest passage counts as an answer only where a reader says that it is one.
  const quotes = turn.answer.answered || kind === "good" ? right : [];
  return {
    turn: turn.feedback.turn,
    kind,
    question: turn.question,
    asked: turn.followed ? turn.answer.interpreted_as : turn.question,
    fingerprint: turn.answer.fingerprint,
    quotes: quotes.map(({ doc, start, end, quote, before = "", after = "" }) => ({ doc, start, end, quote, before, after })),
    correct,
  };
}

/** The owner's list, as a panel for the right-hand side. */
export function feedbackPanel(close) {
  const body = el("div", { class: "fn-feedback-list" }, el("p", { role: "status" }, strings.reading));
  readFeedback().then(
    (read) => body.replaceChildren(...listed(read)),
    () => body.replaceChildren(el("p", { role: "alert" }, strings.feedbackUnread)));
  return el("section", { class: "fn-panel fn-feedback-panel", "aria-label": strings.feedbackList },
    el("header", { class: "fn-panel-head" },
      el("h2", { class: "fn-panel-title", tabindex: "-1" }, strings.feedbackList),
      el("button", { class: "fn-plain fn-close", type: "button", "aria-label": strings.closeFeedback, title: strings.closeFeedback, on: { click: close } }, icon("close"))),
    el("div", { class: "fn-page-frame" }, el("div", { class: "fn-page-body", tabindex: "0", role: "group", "aria-label": strings.feedbackList }, body)));
}

function listed({ rows, count, unanswered, judgments, left_out: leftOut }) {
  if (!count) return [el("p", { class: "fn-hint" }, strings.noFeedback)];
  const group = (questions) =>
    el("li", {}, el("span", { dir: "auto" }, questions[0]), questions.length > 1 ? el("ul", {}, questions.slice(1).map((each) => el("li", { dir: "auto" }, each))) : null);
  const row = (each) =>
    el("li", {},
      el("span", { class: `fn-kind fn-kind-${each.kind}` }, strings.kinds[each.kind]),
      el("span", { class: "fn-feedback-question", dir: "auto" }, each.asked),
      el("span", { class: "fn-hint" }, [each.at.slice(0, 10), each.correct.length ? strings.pointedAt(each.correct.length) : ""].filter(Boolean).join(" · ")));
  return [
    el("p", {}, strings.judgments(judgments, leftOut)),
    el("p", {}, el("a", { class: "fn-button fn-save-judgments", href: judgmentsFile(), download: "feedback.jsonl" }, strings.saveJudgments)),
    unanswered.length ? el("h3", {}, strings.unansweredTitle) : null,
    unanswered.length ? el("ol", { class: "fn-unanswered" }, unanswered.map(group)) : null,
    el("h3", {}, strings.feedbackRows(count)),
    el("ul", { class: "fn-feedback-rows" }, rows.map(row)),
  ].filter(Boolean);
}
