package guard

import (
	_ "embed" // the lists of words
	"strings"
)

// The lists of words, one or more on a line, in small plain letters.
var (
	//go:embed words/given.txt
	givenList string
	//go:embed words/surnames.txt
	surnameList string
	//go:embed words/places.txt
	placeList string
	//go:embed words/broad.txt
	broadList string
	//go:embed words/employers.txt
	employerList string
	//go:embed words/domain.txt
	domainList string
	//go:embed words/common.txt
	commonList string

	given      = setOf(givenList)     // given names that are no word besides
	surnames   = setOf(surnameList)   // surnames that are no word besides
	places     = phrasesOf(placeList) // towns and regions below a state, some of two words
	broad      = phrasesOf(broadList) // states, countries, languages, faiths, peoples: no identifier
	employers  = setOf(employerList)
	domain     = setOf(domainList) // drugs, methods, scales and people after whom they are named
	vocabulary = setOf(commonList) // words that are written small
)

func setOf(list string) map[string]bool {
	set := make(map[string]bool)
	for w := range strings.FieldsSeq(list) {
		set[w] = true
	}
	return set
}

// phrasesOf reads a list in which a line is a phrase.
func phrasesOf(list string) map[string]bool {
	set := make(map[string]bool)
	for line := range strings.Lines(list) {
		set[strings.TrimSpace(line)] = true
	}
	return set
}

// A token is a word of a folded text.
type token struct {
	text  string // as written
	low   string
	from  int
	begin bool // of a sentence, a line or an item
	next  string

	capNext bool // the next word has a capital
}

// tokens cuts a text into words of letters.
func tokens(s string) []token {
	var all []token
	begin := true
	for i := 0; i < len(s); {
		if !isLetter(s[i]) {
			begin = begin && strings.IndexByte(" -*\"'(", s[i]) >= 0 || strings.IndexByte(".!?:;\n", s[i]) >= 0 || isDigit(s[i]) && begin
			i++
			continue
		}
		end := i
		for end < len(s) && (isLetter(s[end]) || s[end] == '\'' && end+1 < len(s) && isLetter(s[end+1])) {
			end++
		}
		touched := i > 0 && (isDigit(s[i-1]) || s[i-1] == '_' || s[i-1] == '@') || end < len(s) && (isDigit(s[end]) || s[end] == '_')
		if !touched {
			all = append(all, token{text: s[i:end], low: strings.ToLower(s[i:end]), from: i, begin: begin})
		}
		begin = false
		i = end
	}
	for i := range len(all) - 1 {
		if gap := s[all[i].from+len(all[i].text) : all[i+1].from]; gap == " " || gap == "-" {
			all[i].next, all[i].capNext = all[i+1].low, all[i+1].text[0] <= 'Z'
		}
	}
	return all
}

// stem is a word without the ending of an owner.
func stem(w string) string {
	w, _ = strings.CutSuffix(w, "'s")
	return w
}

// names finds names, places, employers and initials by lists and capitals.
func names(f folded, allowed map[string]bool) (hits []Hit) {
	all := tokens(f.text)
	shouted := shouting(all)
	for i := range all {
		t := all[i]
		if allowed[stem(t.low)] || allowed[strings.ReplaceAll(stem(t.low), "'", "")] {
			continue
		}
		before := token{}
		if i > 0 {
			before = all[i-1]
		}
		if c := classOf(t, before, shouted); c != "" {
			hits = append(hits, Hit{c, f.at(t.from)})
		}
	}
	return hits
}

// shouting reports whether most words are in capitals, which then say nothing.
func shouting(all []token) bool {
	n := 0
	for _, t := range all {
		if len(t.text) > 3 && t.text == strings.ToUpper(t.text) {
			n++
		}
	}
	return n > 3 && 2*n > len(all)
}

// classOf says what a word is, "" for nothing of note.
func classOf(t, before token, shouted bool) Class {
	w := stem(t.low)
	pair := w + " " + stem(t.next)
	upper := t.text[0] >= 'A' && t.text[0] <= 'Z'
	caps := upper && len(w) > 1 && stem(t.text) == strings.ToUpper(stem(t.text))
	switch {
	case broad[w] || broad[pair] || broad[stem(before.low)+" "+w]:
		return ""
	case places[w] || places[pair]:
		return Place
	case employers[w] && (upper || shouted):
		return Employer
	case domain[stem(t.next)] && !personal[t.next]:
		return ""
	case given[w] || surnames[w]:
		return Name
	case domain[w]:
		return ""
	case named(before, t), small(before, t):
		return Name
	case caps && !shouted && len(w) <= 3:
		return letters(w)
	case !upper || caps || shouted:
		return ""
	case t.begin:
		return opening(t, w)
	}
	return inside(t, before, w)
}

// letters is the class of two or three capitals that are no known short form.
func letters(w string) Class {
	if vocabulary[w] || len(w) == 3 && strings.HasSuffix(w, "s") {
		return ""
	}
	return Initials
}

// named reports whether a word follows one that gives a name, whatever its
// letters.
func named(before, t token) bool {
	switch before.low {
	case "named", "nicknamed", "llamada", "llamado":
		return !vocabulary[stem(t.low)] && before.next == t.low
	case "llama":
		return before.next == t.low && t.text != t.low
	}
	return false
}

// small reports whether a word in small letters that nobody knows stands where
// somebody is named, and does what people do.
func small(before, t token) bool {
	known := vocabulary[t.low] || vocabulary[strings.TrimSuffix(t.low, "s")] || ending(t.low) || monthly[t.low]
	return t.text == t.low && len(t.low) > 3 && !known && !faint[t.next] && personal[t.next] && (t.begin || kin[before.low] || joins[before.low])
}

// faint are words that things do as well as people.
var faint = setOf(`is was has had and came went began started stopped seemed appeared became got made held kept took felt feels left lost moved opened closed did does will would can could should may might worked works helped stood fell ran es era estaba y`)

// joins are words after which a sentence goes on with who does something.
var joins = setOf(`then when because but while where until after before once that cuando luego pero porque`)

// opening is the class of a capital at the beginning of a sentence: a name when
// nobody knows the word and it does what people do.
func opening(t token, w string) Class {
	owner := strings.HasSuffix(t.low, "'s")
	known := vocabulary[w] || vocabulary[strings.TrimSuffix(w, "s")] || ending(w)
	switch {
	case strings.Contains(w, "'") || len(w) < 3 && !owner:
		return ""
	case monthly[w]:
		return ""
	case virtues[w]:
		if owner || personal[t.next] && t.next != "and" && t.next != "was" && t.next != "is" && t.next != "had" && t.next != "felt" && t.next != "came" && t.next != "seemed" {
			return Name
		}
		return ""
	case known:
		return ""
	case owner || personal[t.next] || len(t.next) > 4 && strings.HasSuffix(t.next, "ed"):
		return Name
	}
	return ""
}

// inside is the class of a capital in the middle of a sentence.
func inside(t, before token, w string) Class {
	if strings.HasPrefix(w, "i'") || len(w) == 1 || monthly[w] && !personal[t.next] && !kin[before.low] {
		return ""
	}
	if ending(w) && !virtues[w] {
		return ""
	}
	if vocabulary[w] && !virtues[w] && (before.low == "at" || before.low == "for") && t.capNext && vocabulary[t.next] {
		return Employer
	}
	if vocabulary[w] && !virtues[w] || vocabulary[strings.TrimSuffix(w, "s")] && !virtues[strings.TrimSuffix(w, "s")] {
		return ""
	}
	switch before.low {
	case "at", "for", "by":
		return Employer
	case "in", "from", "near", "to", "en", "outside":
		return Place
	}
	if t.text[1:] != strings.ToLower(t.text[1:]) && !strings.Contains(t.text, "'") && !strings.HasPrefix(t.text, "Mc") && !strings.HasPrefix(t.text, "Mac") && !strings.HasPrefix(t.text, "De") {
		return "" // a brand such as McMindful or iPad
	}
	return Name
}

// ending reports endings that names do not have.
func ending(w string) bool {
	for _, e := range []string{"ing", "tion", "sion", "ment", "ness", "ity", "ous", "ful", "able", "ible", "ism", "ology", "pathy", "ance", "ence", "ally", "ated", "ized", "ified", "less", "ward", "wards", "cion", "mente", "idad"} {
		if len(w) > len(e)+2 && strings.HasSuffix(w, e) {
			return true
		}
	}
	return len(w) > 4 && strings.HasSuffix(w, "ed") || len(w) > 5 && strings.HasSuffix(w, "ly")
}

// virtues are names that are words too: only their capital tells, and only
// inside a sentence or before what people do.
var virtues = setOf(`grace hope joy faith rose lily daisy violet ivy iris ruby pearl amber jade crystal dawn summer autumn april may june august
	will mark bill frank grant chase pat rob drew art gene jack ray dean cliff rich sky skye sage river rain storm star sunny melody harmony
	charity patience prudence constance mercy destiny serenity genesis heaven angel chance hunter mason carter cooper parker taylor tyler
	brook brooke glen dale heath forest reed rusty sandy ginger olive poppy heather hazel holly robin wren phoenix christian miles max
	victor noble young king bishop pope knight cook baker fisher potter turner walker brown green white black gray wood woods hill
	banks fields rivers lane park day long short little rush price stone bell ford wells mills brooks waters carol penny faye nick skip
	cielo luz paz sol esperanza dolores consuelo pilar mercedes milagros socorro remedios rosario trinidad angeles soledad nieves gloria
	lincoln washington madison jordan paris sydney florence victoria israel jesus reading mobile bath nice cork eugene orange aurora phoenix`)

// monthly are months, which patterns look for.
var monthly = setOf(`january february march april may june july august september october november december`)

// kin are words after which a capital is a name.
var kin = setOf(`client patient pt husband wife partner son daughter brother sister mother father friend named called cousin aunt uncle with`)

// personal are words that come after the one who does something.
var personal = setOf(`cried wept sobbed laughed smiled wanted asked said says told felt feels looked spoke talked whispered shouted screamed
	reported described noticed came went left returned called sat lay slept woke needed chose settled agreed declined shared was is has had and
	brought seemed appeared began started stopped thanked hugged held reached sighed breathed trembled shook nodded opened closed moved
	wrote drew sang danced prayed remembered forgot hoped feared loved hated missed thought knew believed realized found lost kept gave took
	arrived fell stood walked ran drove waited stayed worked works lives lived likes liked enjoyed refused resisted relaxed panicked vomited
	tolerated responded struggled did does will would can could should may might became got gets made mentioned explained insisted admitted
	dijo lloro pidio quiso se sintio pregunto conto hablo llego volvio estaba estuvo tenia tiene es era y`)

// digitWords are digits in words.
var digitWords = map[string]bool{
	"zero": true, "oh": true, "one": true, "two": true, "three": true, "four": true, "five": true, "six": true, "seven": true, "eight": true, "nine": true,
	"cero": true, "uno": true, "dos": true, "tres": true, "cuatro": true, "cinco": true, "seis": true, "siete": true, "ocho": true, "nueve": true,
	"double": true, "triple": true, "doble": true,
}

// spelled finds long numbers that are read out: five digits and more of which
// some are words.
func spelled(f folded) (hits []Hit) {
	s := f.text
	run, digits, begin, spoken := 0, 0, 0, false
	for i := 0; i <= len(s); {
		end := i
		for end < len(s) && (isLetter(s[end]) || isDigit(s[end])) {
			end++
		}
		w := strings.ToLower(s[i:end])
		switch {
		case digitWords[w]:
			if run == 0 {
				begin = i
			}
			run, digits, spoken = run+1, digits+1, true
		case w != "" && strings.Trim(w, "0123456789") == "" && len(w) <= 4:
			if run == 0 {
				begin = i
			}
			run, digits = run+1, digits+len(w)
		case end > i || i == len(s) || strings.IndexByte(" ,-.", s[i]) < 0:
			if spoken && digits >= 5 && run >= 4 {
				hits = append(hits, Hit{LongNumber, f.at(begin)})
			}
			run, digits, spoken = 0, 0, false
		}
		i = max(end, i+1)
	}
	return hits
}
