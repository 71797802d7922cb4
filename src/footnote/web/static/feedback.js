// What a reader says of an answer, and the owner's list of it.
/** @import { Entry } from "./menu.js" */
import { el } from "./dom.js";
import { judgmentsFile, readFeedback, sendFeedback } from "./server.js";
import { listPanel } from "./side.js";
import { strings } from "./strings.js";

const newId = () => crypto.randomUUID?.() ?? `t${Date.now().toString(36)}${Math.random().toString(36).slice(2)}`;

/** Reasons that fit: an answer can be wrong in three ways, the nearest passage in two, an abstention without in one. */
const REASONS = /** @type {const} */ ({
  answered: ["wrong_passage", "not_answered", "should_have_abstained"],
  nearest: ["not_answered", "should_have_abstained"],
  absent: ["not_answered"],
});

/** What of it the menu offers. @param {Turn} turn */
export function feedbackEntries(turn) {
  const kind = turn.feedback?.kind ?? null;
  /** @param {string} label @param {FeedbackKind} said @param {boolean} pressed @returns {Entry} */
  const entry = (label, said, pressed) => ({ label: pressed ? `${label} ✓` : label, run: () => turn.say?.(pressed ? null : said) });
  return [
    entry(turn.quotes.length ? strings.good : strings.rightlyAbstained, "good", kind === "good"),
    entry(strings.bad, "bad", kind !== null && kind !== "good"),
  ];
}

/**
 * The line under an answer that something was said of.
 * @param {AnsweredTurn} asked
 * @param {() => void} kept called when what was said should outlive a reload
 */
export function feedbackLine(asked, kept) {
  const turn = Object.assign(asked, { feedback: asked.feedback ?? /** @type {Said} */ ({ kind: null, correct: [] }) });
  const standing = /** @type {keyof typeof REASONS} */ (turn.answer.standing);
  const said = el("span", { class: "fn-feedback-said", role: "status" });
  const reasons = el("div", { class: "fn-reasons", role: "group", "aria-label": strings.whatIsWrong });
  const node = el("div", { class: "fn-feedback" }, reasons, said);

  const draw = () => {
    const { kind } = turn.feedback;
    const wrong = kind !== null && kind !== "good";
    node.dataset.kind = kind ?? "";
    reasons.hidden = !wrong;
    reasons.replaceChildren(...(wrong ? [el("span", {}, strings.whatIsWrong), ...REASONS[standing].map((reason) =>
      el("button", { class: "fn-small", type: "button", "aria-pressed": String(reason === kind), on: { click: () => turn.say?.(reason) } }, strings.reasons[reason]))] : []));
    said.textContent = kind === "good" ? strings.kinds.good : "";
    turn.node.classList.toggle("is-pointing", kind === "wrong_passage" || kind === "not_answered");
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (turn.node.querySelectorAll(".fn-points"))) {
      button.setAttribute("aria-pressed", String(isCorrect(turn, button)));
    }
  };
  turn.say = async (kind) => {
    const before = { ...turn.feedback };
    turn.feedback.kind = kind;
    if (kind === null || kind === "good" || kind === "should_have_abstained") turn.feedback.correct = [];
    draw();
    if (kind === "wrong_passage" || kind === "not_answered") openRelated(turn);
    await send(before);
  };
  const send = async (/** @type {Said} */ before) => {
    const { kind } = turn.feedback;
    turn.feedback.turn ??= newId();
    try {
      await sendFeedback(bodyOf(turn));
      said.textContent = kind === null ? strings.feedbackTaken : turn.node.classList.contains("is-pointing") && turn.shown.related.length ? strings.feedbackPoint : strings.feedbackThanks;
    } catch {
      // Nothing was kept, so nothing shows as said.
      Object.assign(turn.feedback, before);
      draw();
      said.textContent = strings.feedbackFailed;
    }
    kept();
  };
  turn.point = (hit) => {
    const before = { ...turn.feedback, correct: [...turn.feedback.correct] };
    const at = turn.feedback.correct.findIndex((each) => each.doc === hit.doc && each.start === hit.start);
    if (at >= 0) turn.feedback.correct.splice(at, 1);
    else turn.feedback.correct.push({ doc: hit.doc, start: hit.start, end: hit.end, quote: hit.text });
    draw();
    send(before);
  };
  draw();
  return node;
}

/** @param {Turn} turn */
function openRelated(turn) {
  const fold = /** @type {HTMLDetailsElement | null} */ (turn.node.querySelector(".fn-related"));
  if (!fold) return;
  fold.hidden = false;
  fold.open = true;
}

/** A button that points at a passage as the answer; it shows once an answer was called wrong. @param {Turn} turn @param {Hit} hit */
export const pointer = (turn, hit) =>
  el("button", { class: "fn-small fn-points", type: "button", "aria-pressed": "false", data: { doc: hit.doc, start: hit.start }, on: { click: () => turn.point?.(hit) } }, strings.thisAnswers);

const isCorrect = (/** @type {{feedback: Said}} */ turn, /** @type {HTMLElement} */ button) =>
  turn.feedback.correct.some((each) => each.doc === button.dataset.doc && String(each.start) === button.dataset.start);

/** @param {AnsweredTurn & {feedback: Said}} turn @returns {Api["FeedbackBody"]} */
function bodyOf(turn) {
  const { kind, correct } = turn.feedback;
  const supported = turn.quotes.filter((each) => turn.verdicts[each.number] === "supports");
  // Where quotes were checked one by one, only those that support the answer are called right.
  const right = kind === "good" && supported.length ? supported : turn.quotes;
  // The nearest passage counts as an answer only where a reader says that it is one.
  const quotes = turn.answer.answered || kind === "good" ? right : [];
  return {
    turn: turn.feedback.turn ?? newId(),
    kind,
    question: turn.question,
    asked: turn.followed ? turn.answer.interpreted_as : turn.question,
    fingerprint: turn.answer.fingerprint,
    quotes: quotes.map(({ doc, start, end, quote, before = "", after = "" }) => ({ doc, start, end, quote, before, after })),
    correct,
  };
}

/** The owner's list, as a panel beside the text. @param {() => void} close */
export function feedbackPanel(close) {
  const body = el("div", { class: "fn-feedback-list" }, el("p", { role: "status" }, strings.reading));
  readFeedback().then(
    (read) => body.replaceChildren(...listed(read)),
    () => body.replaceChildren(el("p", { role: "alert" }, strings.feedbackUnread)));
  return listPanel(strings.feedbackList, close, [body], { name: "fn-feedback-panel", closeLabel: strings.closeFeedback });
}

/** @param {Api["FeedbackForm"]} read */
function listed({ rows, count, unanswered, judgments, left_out: leftOut }) {
  if (!count) return [el("p", { class: "fn-hint" }, strings.noFeedback)];
  const group = (/** @type {string[]} */ questions) =>
    el("li", {}, el("span", { dir: "auto" }, questions[0]), questions.length > 1 ? el("ul", {}, questions.slice(1).map((each) => el("li", { dir: "auto" }, each))) : null);
  const row = (/** @type {Api["FeedbackRowForm"]} */ each) =>
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
  ].filter((node) => node !== null);
}
