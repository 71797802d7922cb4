"""Where sentences end: a table of hard cases, and what must hold for any text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footnote.records import Span
from footnote.splitting import sentence_spans

# "|" stands for the blank between two sentences, "¦" for a border without one.
CASES = """\
It rained.|We stayed in.
Some teas, e.g. oolong, are rolled.|Others are not.
Some cities (e.g. Lyon) grew.|Others did not.
Use a soft brush, i.e. one of hair.|Do not press.
Dr. Adeyemi saw him.|He was well.
Mr. and Mrs. Okafor came with Prof. Lindqvist.|They left late.
She moved to the U.S. in 1990.|Her brother stayed.
The U.S. Navy bought it.|It sank.
It was made in the U.S.|The next one was not.
The (U.S.) Navy bought it.|It sank.
He left the U.K.|They stayed.
It weighs approx. 3 kg.|It floats.
The match was Lyon vs. Turin.|Lyon won.
In Brown v. Board of Education the court ruled.|It was 1954.
See Fig. 3 for the plan.|See Figs. 4 and 5 for the rest.
See Fig. A for the plan.|See Vol. II for the rest.
He ate a fig.|Birds ate the rest.
It is No. 5 in the list.|No. 6 is missing.
Will you come?|No.|I will not.
He said no.|Nobody cared.
Rossi et al. found three.|Others found none.
Rossi et al. (2015) found three.|Others found none.
The mean was 3.5 mg per day.|The rest got 0.25 mg.
Take 5 mg.|Doses above 10 mg are rare.
It measures 10 cm.|Larger ones exist.
It takes 5 min.|Then it rests.
Keep it at 37 °C.|Cells die above 40 °C.|Growth stops at pH 7.4.|Acid kills them.
The temperature was -3.5 °C.|It froze.
Sales rose 5%.|Costs fell by $3.50 each.
J. R. R. Tolkien wrote it.|C. S. Lewis read it.
J.R.R. Tolkien wrote it.|He lived in Oxford.
It was named after George W. Bush.|He smiled.
Limes hold vitamin C.|Bananas hold vitamins A and B.|Bread holds none.
That was plan B.|It worked.
“It is late.”|He stood up.
She said “It is late.”|Then she left.
He called it “a mistake.”|Nobody agreed.
He read 'War and Peace.'|It was long.
He said, “One. Two. Three.”|Then he ran.
He said, "One. Two. Three."|Then he ran.
The board is 5" wide.|It is 6" long.
It closed in 1980 (the owner had died).|It never opened again.
It closed in 1980.|(The owner had died.)|It never opened again.
They waited (see ch. 2. There it is told) for days.|Nobody came.
He paused... and went on.|She did not.
He paused...|Then he went on.
He paused…|Then he went on.
He paused . . . and went on.|She did not.
“Is it safe?” asked Tom.|Nobody knew.
“Is it safe?” Tom asked.|Nobody knew.
"Is it safe?" Tom Baker asked.|Nobody knew.
“Is it safe?”|The doctor nodded.
The answer is “No.”|“Why?” she asked.
Is it safe?|Yes.|Is it cheap?|No!
What?!|Are you sure?
Come at 5 p.m.|Then we eat.
Come at 5 p.m. Monday.|Bring bread.
The shop opens at 9 a.m. and closes at 5 p.m. on weekdays.|It is closed on Sundays.
On Jan. 5 it snowed.|On Feb. 6 it thawed.
He sat.|Nobody spoke.|Stay out of the sun.|Hats help.
They were ill.|Visitors stayed away.|They came in.|Dogs barked.
1. Boil the water.|2. Add the tea.
a) Boil the water.|b) Add the tea.
iv. Boil the water.|v. Add the tea.
Read www.example.org/a.b for more.|It is free.
Read https://example.org/page.html.|It is free.
Write to j.doe@example.org.|She answers.
Version 3.11.2 is out.|Version 3.12 is not.
Open the file notes.txt first.|Then save it.
Node.js is a program.|Python is another.
Yahoo! is a company.|So is Google.
They sell apples, pears, etc. in the shop.|It is small.
They sell apples, pears, etc.|Bananas are rare.
Acme Inc. was sold.|Beta Ltd. was not.
He works for Acme Inc.|The firm is old.
Martin Luther King Jr. spoke.|They listened.
She has a Ph.D. in law.|He has an M.A. in art.
It was founded in 44 B.C. by a consul.|It fell in 410 A.D. after a siege.
They met in St. Louis near Mt. Hood.|It was cold.
He lives at 12 Main St. in Boston.|She moved.
The Rev. Dr. Hale spoke.|Gen. Grant listened.
She is the C.E.O. of the firm.|He is not.
It fell.[1]|It rose.[2][3]|It fell again.
It grew (cf. Smith 2001, p. 12. and others).|It stopped.
The drug acts on the brain.¦This is fast.
**It is bold.**|*It is not.*
Sec. 4 applies.|Art. 5 does not.
Henry V. won.|The French lost.
I came, I saw.|I won.
At the end: nothing!|Really.
The price is approx. $5.|That is cheap.
Cells divide.|mRNA is made.
The iPhone sold well.|iPads did too.
¿Dónde está?|¡Aquí está!|Bien.
Он ушёл.|Она осталась.
Er kam z.B. gestern.|Sie nicht.
今日は雨です。¦明日は晴れです。
""".splitlines()


@pytest.mark.parametrize("case", CASES)
def test_hard_cases(case):
    text = case.replace("|", " ").replace("¦", "")
    expected = case.replace("¦", "|").split("|")
    assert [span.of(text) for span in sentence_spans(text, Span(0, len(text)))] == expected


def test_a_line_break_is_no_border_and_a_blank_line_is():
    text = "The line\nbreaks here. Then it\ngoes on\n \nwithout a stop\n\n\nto the end"
    found = [span.of(text) for span in sentence_spans(text, Span(0, len(text)))]
    assert found == ["The line\nbreaks here.", "Then it\ngoes on", "without a stop", "to the end"]


def test_offsets_are_those_of_the_whole_text():
    text = "Skip. One here. Two there. Skip."
    assert [span.of(text) for span in sentence_spans(text, Span(6, 26))] == ["One here.", "Two there."]


@given(st.text(alphabet=st.sampled_from("aB1 .?!…\n\"“”()[]'e.g.Dr\u0301。😀-"), max_size=200))
def test_sentences_cover_all_that_is_not_blank(text):
    spans = sentence_spans(text, Span(0, len(text)))
    at = 0
    for span in spans:
        assert text[at : span.start].strip() == ""
        assert span.of(text) == span.of(text).strip() != ""
        at = span.end
    assert text[at:].strip() == ""


@pytest.mark.parametrize(
    "unit",
    [".", ". ", "e.g. A ", '"A. ', "(A. ", "a.\n", "\n", " ", "A.B.", "“Yes? ", "1. ", "Aa.Bb ", "]", "[1] ", ".[1]"],
)
def test_time_grows_with_length_only(unit):
    text = unit * (200_000 // len(unit))
    began = time.perf_counter()
    sentence_spans(text, Span(0, len(text)))
    # Quadratic time would be minutes; a loaded machine needs about a second for the slowest of these.
    assert time.perf_counter() - began < 15
