package guard

import (
	"regexp"
	"strconv"
	"strings"
)

// A pattern finds a class by its form. Where the expression has a group called
// "at", the hit begins there.
type pattern struct {
	class  Class
	re     *regexp.Regexp
	digits bool // only a text with digits can match
	keep   func(match, before, after string) bool
}

func (p pattern) find(f folded) (hits []Hit) {
	if p.digits && !strings.ContainsAny(f.text, "0123456789") {
		return nil
	}
	group := max(p.re.SubexpIndex("at"), 0)
	for _, m := range p.re.FindAllStringSubmatchIndex(f.text, -1) {
		from, to := m[2*group], m[2*group+1]
		if from < 0 || p.keep != nil && !p.keep(f.text[from:to], f.text[:from], f.text[to:]) {
			continue
		}
		hits = append(hits, Hit{p.class, f.at(from)})
	}
	return hits
}

// Parts of expressions.
const (
	months = `(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?` +
		`|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre)`
	ordinals = `(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth|fifteenth|sixteenth` +
		`|seventeenth|eighteenth|nineteenth|twentieth|twenty-(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|thirtieth|thirty-first)`
	day      = `(?:0?[1-9]|[12]\d|3[01])`
	year     = `(?:(?:19|20)\d\d)`
	tens     = `(?:twenty|thirty|forty|fifty|sixty|seventy|eighty)`
	ones     = `(?:one|two|three|four|five|six|seven|eight|nine)`
	teens    = `(?:ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen)`
	age      = `(?:[1-9]\d?|` + tens + `(?:[- ]` + ones + `)?|` + teens + `|` + ones + `)`
	age90    = `(?:9\d|1[0-2]\d|ninety(?:[- ]` + ones + `)?|(?:one|a) hundred(?: and ` + ones + `)?|noventa(?: y \w+)?)`
	person   = `(?:he|she|they|client|patient|pt|participant|man|woman|mother|mom|father|dad|husband|wife|partner|son|daughter|brother|sister|grandmother|grandfather|grandma|grandpa|uncle|aunt|cousin|neighbor|roommate|boss|friend|stepfather|stepmother|widower|widow|esposo|esposa|madre|padre|abuel[oa]|hij[oa])`
	number   = `(?:\s*(?:number|num|numero|no|nr|id|ref|code|#|:|-|is|was|es|ending in|ends in)\.?)`
	wordsOf  = `(?:[A-Za-z][\w'.-]*\s+)`
	suffixes = `(?:street|avenue|boulevard|blvd|road|rd|ave|parkway|pkwy|highway|hwy|turnpike|crescent|alley)`
	capSuf   = `(?:St|Dr|Drive|Ln|Lane|Way|Ct|Court|Pl|Place|Terrace|Ter|Circle|Cir|Square|Sq|Trail|Loop|Row|Close)`
)

func re(s string) *regexp.Regexp { return regexp.MustCompile(s) }

// patterns are all forms that are looked for.
var patterns = append(blocking, warning...)

var blocking = []pattern{
	{SSN, re(`\b\d{3}[-. ]\d{2}[-. ]\d{4}\b`), true, nil},
	{SSN, re(`(?i)\b(?:ssn|social security|seguro social|social)\b(?:\s+(?:number|no|num|de|of|digits?|last|four|4|is|was|ends?|ending|in|on|file|with))*[\s:#.=(]*(?:last\s+(?:4|four)\W+)?(?P<at>\d[\d -]{2,})`), true, nil},
	{Phone, re(`(?:\+?1[-. ]?)?\(?\b[2-9]\d{2}\)?[-. /]{1,2}\d{3}[-. ]\d{4}\b`), true, nil},
	{Phone, re(`(?:^|[^\d/.])(?P<at>[2-9]\d{2}[-.]\d{4})\b`), true, noUnit},
	{Phone, re(`\+\d{1,3}[-. ()]{0,2}\d{1,4}(?:[-. ()]{1,2}\d{2,4}){1,4}\b`), true, nil},
	{Phone, re(`\b[6-9]\d{2}[ .-]\d{3}[ .-]\d{3}\b|\b9\d[ .-]\d{3}[ .-]\d{2}[ .-]\d{2}\b|\b[6-9]\d{2}[ .-]\d{2}[ .-]\d{2}[ .-]\d{2}\b|\b\d{2}[ .-]\d{4}[ .-]\d{4}\b`), true, nil},
	{Phone, re(`(?i)\b(?:phone|cell|mobile|tel|telephone|telefono|movil|celular|fax|voicemail|text(?:ed)?|whatsapp|pager|ext|extension|call(?:ed)?|reach(?:ed|able)?)\b[^\d\n.]{0,25}(?P<at>\d{3}[- .]?\d{4}|\d{4,})\b`), true, noUnit},
	{Email, re(`(?i)[\w.+-]+\s?@\s?[\w-]+(?:\s?\.\s?[\w-]+)*\s?\.\s?[a-z]{2,}\b`), false, nil},
	{Email, re(`(?i)[\w.+-]+\s*(?:[\[({<]\s*(?:at|@|arroba)\s*[\])}>]|\s(?:at|arroba)\s)\s*[\w-]+\s*(?:[\[({<]\s*(?:dot|\.|punto)\s*[\])}>]|\s(?:dot|punto)\s|\.)\s*(?:com|org|net|edu|gov|io|mx|es|us|co|info|health)\b`), false, nil},
	{URL, re(`(?i)\bhttps?:\s?//\S|\bwww\s?\.\s?[\w-]+|\bftp://\S`), false, nil},
	{URL, re(`(?i)\b[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|edu|gov|io|info|health|clinic|app|blog|page|site|online|mx|ca|uk|de|fr)\b|\b[\w-]+\.(?:me|us|co|es|ly|tv|be|it|is)/\S`), false, notMail},
	{URL, re(`(?i)\b[\w-]+ (?:dot|punto) (?:com|org|net|edu|gov|io|info)\b`), false, nil},
	{IP, re(`\b(?:\d{1,3}\.){3}\d{1,3}\b`), true, octets},
	{IP, re(`(?i)\b(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}\b|\b(?:[0-9a-f]{1,4}:){2,6}:[0-9a-f]{1,4}|\b(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}\b`), false, nil},
	{Date, re(`\b` + day + `[/.-]` + day + `[/.-](?:` + year + `|\d\d)\b`), true, dayMonth},
	{Date, re(`\b` + year + `[-/.](?:0?[1-9]|1[0-2])[-/.]` + day + `\b`), true, nil},
	{Date, re(`(?i)\b` + months + `\.?\s+(?:the\s+)?(?:` + day + `(?:st|nd|rd|th)?|` + ordinals + `),?\s+(?:of\s+)?` + year + `\b`), true, nil},
	{Date, re(`(?i)\b(?:` + day + `(?:st|nd|rd|th)?|` + ordinals + `)[\s-]+(?:(?:of|de)\s+)?` + months + `\.?,?[\s-]+(?:(?:of|de|del)\s+)?(?:` + year + `|\d\d\b)`), true, nil},
	{Date, re(`(?i)\b(?:d\.?o\.?b\.?|date of birth|birth ?date|fecha de nacimiento)\b\W{0,3}(?:is |was |es )?(?P<at>\w+)`), false, birthday},
	{AgeOver89, re(`(?i)\b(?P<at>` + age90 + `)[- ]?(?:years?|yrs?|y/?o|yo|anos)[- ]?(?:old|of age|de edad)?\b`), false, oldNotLong},
	{AgeOver89, re(`(?i)\b(?:aged|age|age of|age:|turn(?:s|ed|ing)?|edad|edad de|edad:|cumplio|cumple)\s+(?P<at>` + age90 + `)\b`), false, noUnit},
	{AgeOver89, re(`(?i)\b` + person + `(?:'s| is| was| of| aged|,| es| era)+\s+(?P<at>` + age90 + `)\b`), false, noUnit},
	{AgeOver89, re(`(?i)\b(?P<at>9\d|1[01]\d)\s?(?:y/?o|yo|y\.\s?o|[mf])\b`), true, nil},
	{AgeOver89, re(`(?i)\b(?:centenarian|nonagenarian|(?:hundredth|\d*9\d(?:st|nd|rd|th)|ninety-\w+|ninetieth|100th|10\dth) birthday|born (?:in|on|around)[^.\n]{0,20}\b(?:18\d\d|19[0-2]\d|193[0-5]))\b`), false, nil},
	{RecordNo, re(`(?i)\b(?:mrn|medical record|patient id|member id|chart|record|epic|policy|account|acct|claim|file|case|license|licence|certificate|cert|npi|dea|passport|group|plan|subscriber|medicaid|medicare|insurance|serial|s/n|device|implant|order|booking|confirmation|invoice|visa|expediente|historia(?: clinica)?|poliza|cuenta|licencia|pasaporte|dni|nie|curp|matricula profesional)\b(?:\s+(?:card|member|patient|record|policy|account|clinica|holder))?` +
		`(?:` + number + `)+\s*(?:#|:)?\s*(?P<at>[A-Za-z]{0,4}-?\d[\w-]*\w)`), true, coded},
	{RecordNo, re(`(?i)\b(?:mrn|chart|record|epic|policy|account|acct|claim|file|case|npi|dea|passport|serial|member|subscriber|medicaid|medicare|expediente|poliza|historia)\s+(?P<at>[a-z]{1,4}-?\d{3,}[\w-]*|\d{4}-\d{3,}|\d{5,}|\d{2,4}-\d{2,}-\d{2,})\b`), true, nil},
	{RecordNo, re(`\b[A-Z]{4}\d{6}[HM][A-Z]{5}\w\d\b|\b\d{8}-?[A-Z]\b|\b[XYZ]-?\d{7}-?[A-Z]\b`), true, nil},
	{RecordNo, re(`\b(?P<at>[A-Z]{2,4}-?\d{4,}(?:-?\w+)?|\d{3,}-[A-Z]{2,4}-?\d{2,})\b`), true, nil},
	{Vehicle, re(`(?i)\b(?:plates?|license plate|tag|placas?|matricula|vin|registration)\b(?:\s+(?:number|no|is|was|read|reads|reading|de))*\W{1,3}(?P<at>[A-Z0-9]*\d[A-Z0-9]*(?:[ -][A-Z0-9]*\d[A-Z0-9]*)?)\b`), true, notShort},
	{Vehicle, re(`\b[A-HJ-NPR-Z0-9]{11}\d{6}\b`), true, nil},
	{Address, re(`(?i)\b\d{1,5}[a-z]?\s+(?:[nsew]\.?\s+)?` + wordsOf + `{0,3}?` + suffixes + `\b`), true, notSpan},
	{Address, re(`\b\d{1,5}[a-z]?\s+(?:[NSEW]\.?\s+)?(?:(?:[A-Z][\w'.-]*|\d+(?:st|nd|rd|th))\s+){1,3}` + capSuf + `\b`), true, notSpan},
	{Address, re(`(?i)\bp\.?\s?o\.?\s?box\s+\d+|\b(?:apt|apartment|unit|suite|ste|piso|depto)\.?\s?#?\s?\d+[a-z]?\b|\b(?:room|rm) #\s?\d+`), true, nil},
	{Address, re(`\b(?i:calle|avenida|avda?|carrera|cra|paseo|plaza|camino|carretera|colonia|av)\.?\s+(?:(?i:de|del|la|las|los)\s+)*[A-Z0-9][\w']*(?:\s+[\w']+){0,3}?,?\s+(?:#|(?i:no|n|num|numero)\.?\s?)?\d+`), true, nil},
	{Postcode, re(`\b(?:A[LKZR]|C[AOT]|D[EC]|FL|GA|HI|I[DLNA]|K[SY]|LA|M[EDAINSOT]|N[EVHJMYCD]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[TA]|W[AVIY])\.?,?\s+\d{5}(?:-\d{4})?\b`), true, nil},
	{Postcode, re(`(?i)\b(?:zip|zip ?code|postal code|postcode|codigo postal|c\.?p\.?)\W{0,3}(?:code |is |was |of |es )*(?P<at>\d{5}|[a-z]\d[a-z] ?\d[a-z]\d|[a-z]{1,2}\d{1,2}[a-z]? ?\d[a-z]{2})`), true, nil},
	{Postcode, re(`\b[A-CEGHJ-NPR-TVXY]\d[A-Z] ?\d[A-Z]\d\b|\b[A-Z]{1,2}\d[A-Z\d]? \d[ABD-HJLNP-UW-Z]{2}\b`), true, nil},
	{TitledName, re(`\b(?:(?:Mr|Mrs|Ms|Mx|Dr|Dra|Prof|Rev|Sra?|Srta|Lic|Sgt|Capt|Lt|Fr|Hon)\.?|MR|MRS|MS|DR|Miss|Professor|Doctor|Reverend|Father|Sister|Brother|Rabbi|Imam|Pastor|Judge|Senator|Officer|Captain|Nurse|Auntie?|Uncle|Coach|Deacon|Don|Dona|Senora?|Senorita)\s+(?P<at>[A-Z][a-zA-Z'-]+)`), false, titled},
	{TitledName, re(`(?i)\b(?:mr|mrs|ms|mx|dr|dra|prof|sra|srta|senora|senorita)\.?\s+(?P<at>[a-z][a-z'-]{2,})`), false, titled},
	{LongNumber, re(`\d{5,}`), true, nil},
	{LongNumber, re(`\b\d(?:[ .,_*-]{1,2}\d){6,}\b`), true, nil},
}

// unitWords follow numbers that count or measure.
var unitWords = re(`(?i)^\s?(?:%|mg|mcg|ml|mm|bpm|beats|min|minutes?|hours?|hrs?|days?|weeks?|months?|seconds?|sec|kg|lbs?|pounds|points?|people|participants|sessions?|breaths?|/\d|percent|degrees|times|logs|members|nights|miles|steps|pages|to \d|or \d)`)

func noUnit(_, _, after string) bool { return !unitWords.MatchString(after) }

func oldNotLong(match, _, after string) bool {
	_, err := strconv.Atoi(match)
	return err != nil || !re92.MatchString(after) || strings.Contains(after[:min(len(after), 18)], "old") || strings.Contains(after[:min(len(after), 20)], "age")
}

// re92 is a span of years, which is no age unless "old" or "of age" follows.
var re92 = re(`^[- ]?(?:years?|yrs?)\b`)

func notMail(_, before, _ string) bool {
	return !strings.HasSuffix(strings.TrimRight(before, " "), "@")
}

// octets reports whether every part of a dotted number fits into a byte.
func octets(match, _, _ string) bool {
	for part := range strings.SplitSeq(match, ".") {
		if n, err := strconv.Atoi(part); err != nil || n > 255 {
			return false
		}
	}
	return true
}

var triples = re(`^(\d+)[/.-](\d+)[/.-](\d+)$`)

// dayMonth reports whether a numeric date can be one: one of its first two
// numbers is a month, and it is no list of minutes or scores.
func dayMonth(match, before, after string) bool {
	m := triples.FindStringSubmatch(match)
	if m == nil {
		return false
	}
	a, _ := strconv.Atoi(m[1])
	b, _ := strconv.Atoi(m[2])
	if a > 12 && b > 12 || strings.HasSuffix(before, "/") || strings.HasPrefix(after, "/") || strings.HasSuffix(before, "-") {
		return false
	}
	return len(m[3]) == 4 || !unitWords.MatchString(after)
}

// birthday takes a date after "date of birth", and not a word of prose.
func birthday(match, _, _ string) bool {
	return match[0] >= '0' && match[0] <= '9' || monthName.MatchString(match)
}

var monthName = re(`(?i)^` + months + `$`)

// coded takes what looks like a number of a register: letters and digits, or
// three digits and more that measure nothing and are no year.
func coded(match, _, after string) bool {
	digits, letters := 0, 0
	for i := range len(match) {
		switch {
		case isDigit(match[i]):
			digits++
		case isLetter(match[i]):
			letters++
		}
	}
	if unitWords.MatchString(after) || strings.HasPrefix(after, "/") || letters > 4 {
		return false
	}
	return digits >= 3 || letters > 0 && digits >= 2
}

func notShort(match, _, _ string) bool { return len(match) >= 4 }

// spans are what a number before "drive" or "road" counts when it is no house.
var spans = re(`(?i)^\d+[a-z]?\s+(?:minutes?|mins?|hours?|hrs?|miles?|blocks?|days?|weeks?|years?|months?|times|sessions?|steps?|percent|km|people|of|to|and|was|mg|more|on|in|at)\b`)

func notSpan(match, before, _ string) bool {
	return !spans.MatchString(match) && !strings.HasSuffix(before, "/") && !strings.ContainsAny(match, ".?!;\n") || strings.Contains(match, "St.")
}

// titled reports whether what follows a title can be a name.
func titled(match, _, _ string) bool {
	w := strings.TrimSuffix(strings.ToLower(match), "'s")
	return !vocabulary[w] && !domain[w] && w != "god" || given[w] || surnames[w]
}
