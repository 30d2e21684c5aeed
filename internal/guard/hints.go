package guard

import (
	"strconv"
	"strings"
)

const holidays = `(?:thanksgiving|christmas(?: eve| day)?|halloween|easter(?: sunday)?|new year'?s(?: eve| day)?|hanukkah|diwali|ramadan|eid|passover|memorial day|labor day|mother's day|father's day|valentine's(?: day)?|independence day|fourth of july|4th of july|juneteenth|navidad|semana santa|nochebuena|dia de (?:los )?muertos|good friday|yom kippur|rosh hashanah|st\.? patrick's day)`

const weekdays = `(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|lunes|martes|miercoles|jueves|viernes|sabado|domingo)`

const jobs = `(?:nurse|teacher|firefighter|fireman|police officer|cop|lawyer|attorney|judge|plumber|electrician|carpenter|accountant|engineer|professor|surgeon|dentist|pharmacist|pilot|paramedic|soldier|marine|veteran of|journalist|reporter|musician|violinist|cellist|drummer|actor|actress|chef|baker|barber|farmer|rancher|fisherman|truck driver|bus driver|librarian|architect|programmer|developer|realtor|banker|bartender|waitress|waiter|mechanic|welder|priest|pastor|rabbi|imam|minister|midwife|veterinarian|social worker|school principal|principal|coach|photographer|novelist|author|poet|dancer|ballerina|flight attendant|salesman|hairdresser|stylist|electrologist|detective|deputy|trooper|park ranger|beekeeper|butcher|florist|translator|enfermera?|maestra?|profesora?|abogad[oa]|bombero|ingenier[oa]|medico|policia|contadora?|carpintero|cocinera?)`

const qualifiers = `(?:retired |former |night |day |icu |er |high school |middle school |elementary school |elementary |school |trial |civil |software |head |senior |junior |public |local |freelance |airline |commercial |pediatric |trauma |math |science |music |kindergarten |emergency room |oncology )*`

var warning = []pattern{
	{Age, re(`(?i)\b(?P<at>` + age + `)[- ]?(?:years?|yrs?|y)[-/ ]?(?:old|o|of age)\b`), false, nil},
	{Age, re(`(?i)\b(?P<at>` + age + `)[- ](?:month|week)s?[- ]old\b`), false, nil},
	{Age, re(`\b(?P<at>[1-8]\d)\s?(?:yo|[MF]|y\.o\.?)\b`), true, nil},
	{Age, re(`(?i)\b(?:aged|age|age of|age:|age is|ages|turn(?:s|ed|ing)|edad|edad de|edad:|cumplio|cumple|tiene|tenia)\s+(?P<at>` + age + `)\b`), false, exactAge},
	{Age, re(`(?i)\b(?:man|woman|male|female|widow|widower|mother|father|person|client|patient|boy|girl|son|daughter|hombre|mujer|paciente)\s+(?:of|in her|de)\s+(?P<at>` + age + `)\b`), false, exactAge},
	{Age, re(`(?i)\b(?:i|` + person + `|who)(?:'s|'m|'ll be| am| is| was|,| are| just turned| will be)\s+(?:now |only |just |about )?(?P<at>[1-8]\d|` + tens + `-` + ones + `)(?:[.,;:!)]| and | with | years| now|$|\n)`), false, exactAge},
	{Age, re(`(?i)\b(?P<at>` + day + `\d?(?:st|nd|rd|th)|` + ordinals + `|` + tens + `-?\w*th|thirtieth|fortieth|fiftieth|sixtieth|seventieth|eightieth) birthday\b`), false, nil},
	{Age, re(`(?i)\b(?:male|female|man|woman|hombre|mujer)[,:]? (?P<at>[1-8]\d)\b`), true, exactAge},
	{Age, re(`(?i)\b(?P<at>\d{1,2}) anos\b`), true, nil},
	{Age, re(`(?i)\bborn (?:in|around) (?P<at>` + year + `)\b`), true, nil},
	{Age, re(`(?i)\bnacid[oa] en (?P<at>` + year + `)\b`), true, nil},
	{DatePart, re(`(?i)\b` + months + `\.?\s+(?:the\s+)?(?:` + day + `(?:st|nd|rd|th)?|` + ordinals + `)\b`), false, monthDay},
	{DatePart, re(`(?i)\b(?:the\s+)?(?:` + day + `(?:st|nd|rd|th)?|` + ordinals + `)\s+(?:(?:of|de)\s+)?` + months + `\b`), false, dayOfMonth},
	{DatePart, re(`(?i)\b(?:mid-?|early |late )?` + months + `\.?,?\s+(?:of\s+|de\s+|del\s+)?` + year + `\b`), true, nil},
	{DatePart, re(`\b(?:0?[1-9]|1[0-2])/(?:19|20)\d\d\b`), true, nil},
	{DatePart, re(`(?i)\b` + weekdays + `s?\b`), false, nil},
	{DatePart, re(`\b(?:Mon|Tues?|Weds?|Thurs?|Fri)\b\.?`), false, nil},
	{DatePart, re(`(?i)\b(?:on|at|over|since|before|after|until|till|this|last|next|past|by|around|during|en|desde|antes de|despues de)\s+(?:the\s+)?(?P<at>` + holidays + `)\b`), false, nil},
	{DatePart, re(`(?i)\b(?:on|since|until|by|before|after|of|again|dated|session|seen|met|from|appointment|el|desde)\s+(?P<at>(?:0?[1-9]|1[0-2])[/](?:0?[1-9]|[12]\d|3[01]))(?:[ ,;.)]|$)`), true, dayNotScore},
	{DatePart, re(`(?i)(?:^|[^\d/.-])(?P<at>(?:0?[1-9]|1[0-2])/(?:1[1346-9]|2[2368-9]|31))(?:[ ,;.)]|$)`), true, dayNotScore},
	{DatePart, re(`(?i)\b(?:on|since|until|by|before|after|,)\s+the\s+(?P<at>` + day + `(?:st|nd|rd|th)|` + ordinals + `)(?:[.,;:!?)]|$|\n| at | we | she | he | they | i | and )`), false, nil},
	{DatePart, re(`(?i)\b(?P<at>(?:birthday|anniversary|cumpleanos)) (?:is|was|falls|es|on)\b`), false, nil},
	{Initials, re(`\b(?P<at>[A-Z]\.\s?[A-Z]\.(?:\s?[A-Z]\.)?)`), false, initials},
	{Initials, re(`\b(?i:client|patient|pt|participant|paciente|cliente|named|mr|ms)\.?\s+(?P<at>[A-Z])(?:[.,;:!?)]|\s|$|'s)`), false, notI},
	{Initials, re(`(?i)\binitials?\b[^.\n]{0,12}\b(?P<at>[a-z]{1,3}|[a-z]\.[a-z]\.)(?:[.,;)]|$)`), false, nil},
	{Initials, re(`\b(?P<at>[A-HJ-Z][a-z]*\.? [A-Z]\.)(?:[ ,;:!?)]|$)`), false, nil},
	{Place, re(`(?i)\b(?P<at>[a-z]+) (?:county|township|parish|borough)\b`), false, bigWord},
	{Place, re(`(?i)\b(?:lives?|lived|living|grew up|raised|born|moved|moving|resides?|resident|flew|flying|drove|commutes?|travell?ed|visiting|vive|vivia|nacio|crecio|se mudo)\b(?:\s+(?:in|from|near|to|outside|up|all the way|over|back|en|de|cerca de|a|downtown|of))+\s+(?P<at>[A-Z][a-z]+)`), false, notBroad},
	{Place, re(`\b(?P<at>(?:[A-Z][\w']+ )+(?:Street|Avenue|Boulevard|Road|Lane|Heights|Beach|Springs|Valley|Village|Falls|Park|Bay|Island|Lake|Creek|Hills|Mall|Airport|Station|Bridge))\b`), false, nil},
	{Place, re(`(?i)\b(?:small town of|city of|town of|village of|neighborhood of|suburb of|pueblo de|ciudad de|barrio de)\s+(?P<at>[a-z]+)`), false, nil},
	{Employer, re(`(?i)\b(?:works?|worked|working|drives|drove|volunteers?|consults|cooks|flies|employed|hired|fired|laid off|intern(?:s|ed)?|studies|studied|enrolled|teaches|taught|trabaja|estudia)\b(?: \w+)?\s+(?:at|for|by|with|from|in|para|en)\s+(?:the\s+|la\s+|el\s+)?(?P<at>[A-Z][A-Za-z&'-]+)`), false, notDomain},
	{Employer, re(`\b(?P<at>(?:[A-Z][\w'&.-]+ )+(?:High|High School|Middle School|Elementary|Academy|University|College|Hospital|Clinic|Church|Inc|LLC|Corp|Bank|Memorial|Medical Center|Institute|Foundation|Temple|Synagogue|Mosque))\b`), false, nil},
	{Employer, re(`(?i)\b(?:university|college|bank|church|school|hospital|universidad|colegio|iglesia|escuela)\s+(?:of|de)\s+(?P<at>[A-Z]\w+)`), false, capital},
	{Occupation, re(`(?i)\b(?:works?|worked|working|employed|job|trabaja|trabajaba)\s+(?:\w+\s+)?(?:as|como)\s+(?:an?\s+|the\s+|una?\s+)?(?P<at>\w+)`), false, nil},
	{Occupation, re(`(?i)\b(?:he|she|they|client|patient|husband|wife|partner|father|mother|son|daughter|brother|sister|who)(?:'s| is| was|,| are| es| era)\s+(?:an?\s+|the\s+|una?\s+)?(?P<at>` + qualifiers + jobs + `)\b`), false, nil},
	{Occupation, re(`(?i)\b(?:client|patient|participant|husband|wife|partner|father|mother|son|daughter|brother|sister|he|she), (?:an?|una?) (?P<at>(?:\w+ )?\w+(?:er|or|ist|ian|eer|man|woman|ant))\b`), false, isJob},
	{Occupation, re(`(?i)\b(?:he|she|client|patient|husband|wife|partner|father|mother|son|daughter|brother|sister)(?:'s| is| was) an? (?P<at>(?:\w+ ){0,2}\w+(?:er|or|ist|ian|eer|man|woman))\b`), false, isJob},
	{Occupation, re(`(?i)\btrabaja(?:ba)? de (?P<at>\w+)`), false, nil},
	{Occupation, re(`(?i)\b(?:es|era) (?:una? )?(?P<at>` + jobs + `)\b`), false, nil},
	{Occupation, re(`(?i)\b(?P<at>a|an|our|the|my)\s+` + qualifiers + `(?:firefighter|police officer|surgeon|airline pilot|paramedic|school principal|violinist|cellist|novelist|park ranger|beekeeper|ballerina|trial attorney|state trooper)\b`), false, nil},
	{PublicRole, re(`(?i)\b(?P<at>mayor|governor|senator|congress(?:man|woman)|sheriff|councilm[ae]n|councilwoman|councilor|alderman|assembly(?:man|woman)|bishop|archbishop|news ?anchor|anchorwoman|anchorman|weatherman|quarterback|police chief|fire chief|chief of police|school superintendent|superintendent|district attorney|ambassador|olympian|olympic|olympics|celebrity|influencer|alcaldesa|gobernadora?|senadora|obispo|diputad[oa])\b`), false, nil},
	{PublicRole, re(`(?i)\b(?:anchors|hosts|presents) (?:the|a) (?:\S+ ){0,4}(?:news|show|program)\b|\bran for (?:congress|office|senate|mayor|governor|the senate)\b|\bcoach(?:es|ed)? the\b`), false, nil},
	{PublicRole, re(`(?i)\b(?:CEO|president|head coach|chair|chairman|founder|director|conductor|dean|owner|lead singer|principal)\s+(?:of|at|for)\s+(?:a|an|the|our|this|one of)\s`), false, nil},
	{PublicRole, re(`(?i)\b(?:well-known|famous|locally known|nationally known|recognizable|prominent)\s+(?:local\s+|regional\s+)?(?:\w+)|\b(?:on|in|from) (?:the )?(?:tv|television|local news|evening news|newspapers?|headlines)\b|\b(?:her|his|their) (?:podcast|youtube|channel|blog|bestseller|memoir|tv show|radio show|newspaper column|band)\b|\b\d[\d,.k]* (?:followers|listeners|subscribers)\b|\bmade the (?:local |national |evening )?(?:news|papers?|headlines)\b`), false, nil},
	{UniqueFact, re(`(?i)\b(?:the|its|our|their) (?:only|first|last|youngest|oldest|sole)\b[^.\n]{0,50}\b(?:in|of|from|to ever) (?:the |our |this |that |her |his |their )?(?:entire |whole |small )?(?:county|town|village|city|state|district|region|parish|reservation|island|valley|school|congregation|department|family|tribe|community|country|area|world|league|university|street|block|ward|unit|class|team|choir|parish|platoon|crew)\b`), false, nil},
	{UniqueFact, re(`(?i)\b(?:nobody|no one|no other \w+|nadie) (?:else )?(?:in|from|en) (?:the |our |this |her |his |el |la )?(?:\w+ )?(?:county|town|village|city|state|valley|island|region|pueblo|ciudad)\b`), false, nil},
	{UniqueFact, re(`(?i)\b(?:survivor|survived|victim|lost \w+ \w+) (?:of|in|from)? ?(?:the )?(?:\w+ ){0,3}(?:shooting|massacre|plane crash|bombing|collapse|wildfire|train crash)\b|\bsole survivor\b`), false, nil},
	{Handle, re(`(?:^|[\s(,;:"])(?P<at>@[A-Za-z_]\w+)`), false, nil},
	{Handle, re(`(?i)\b(?:instagram|insta|ig|twitter|tiktok|facebook|snapchat|telegram|discord|reddit|linkedin|venmo|handle|username|user name|gamertag|usuario)\b(?:\s+(?:is|as|name|handle|account|under|de|es))*\s*[:@]?\s+(?P<at>[a-z]\w*[\d_.]\w*)`), false, nil},
	{Handle, re(`(?i)\b(?:goes|posts|writes|plays|streams) (?:by|as|under) (?P<at>[a-z]\w*[\d_.]\w*)`), false, nil},
	{Handle, re(`(?i)\b(?:(?:her|his|their|client's) (?:instagram|insta|twitter|tiktok|facebook|linkedin|snapchat|venmo)|u/\w+)\b`), false, nil},
	{File, re(`(?i)\b[\w-]+\.(?:jpe?g|png|heic|gif|pdf|docx?|xlsx?|pptx?|mp[34]|mov|avi|wav|m4a|txt|csv|zip|rtf)\b`), false, nil},
	{File, re(`(?i)\b(?:photo|picture|image|selfie|recording|video|scan|screenshot|fingerprints?|voiceprint|foto|grabacion)s?(?: \w+){0,5} (?:attached|enclosed|uploaded|below|adjunt[oa])\b|\b(?:attached|uploaded|enclosed|took|sent|saved|recorded) (?:is |a |the |her |his )+(?:video|photo|picture|selfie|recording|scan|screenshot)\b`), false, nil},
}

// kinds of people that are no occupations.
var noJobs = setOf(`smoker mother father sister brother daughter survivor beginner newcomer believer observer sitter member partner
	facilitator practitioner lover dreamer speaker drinker user swimmer listener woman man human parent infant other stranger helper seeker
	meditator vegetarian caregiver giver combatant elder loner older younger former rather never another bit lot little person few better calmer quieter slower deeper longer closer for after over under her or power number matter order color flavor mirror factor border center corner chapter letter error tremor terror horror river flower tower shower winter summer mentor peer visitor prisoner sufferer protector manager`)

func isJob(match, _, _ string) bool {
	all := strings.Fields(strings.ToLower(match))
	return !noJobs[all[len(all)-1]] && !noJobs[all[0]] && all[len(all)-1] != "or" && all[len(all)-1] != "after" && all[len(all)-1] != "for"
}

// exactAge leaves bands of ages, measures and counts.
func exactAge(_, _, after string) bool {
	return !strings.HasPrefix(after, "-") && !strings.HasPrefix(after, "s") && !strings.HasPrefix(after, " to ") && !strings.HasPrefix(after, "/") &&
		!strings.HasPrefix(after, "+") && !strings.HasPrefix(after, ".") || strings.HasPrefix(after, ". ") || after == "."
}

// may and march are words too: a small one is a month only beside a day.
func monthDay(match, before, after string) bool {
	if strings.HasPrefix(match, "may ") || strings.HasPrefix(match, "march ") || strings.HasPrefix(match, "mar ") {
		return strings.HasSuffix(before, "on ") && !unitWords.MatchString(after)
	}
	return !unitWords.MatchString(after)
}

func dayOfMonth(match, before, _ string) bool {
	small := strings.HasSuffix(match, " may") || strings.HasSuffix(match, " march")
	return (!small || strings.Contains(match, " of ")) && !strings.HasSuffix(before, "minute ") && !strings.HasSuffix(before, "/")
}

// dayNotScore leaves 3/10, 2/27 and the like, which are parts of a scale, and
// what stands after a word of rating or measuring.
func dayNotScore(match, before, after string) bool {
	_, d, _ := strings.Cut(match, "/")
	n, _ := strconv.Atoi(d)
	if n <= 5 || n == 10 || n == 20 || n == 21 || n == 24 || n == 27 || n == 30 {
		return scheduled.MatchString(before) && n != 10 && n > 5
	}
	return !rated.MatchString(before) && !unitWords.MatchString(after)
}

var (
	rated     = re(`(?i)\b(?:rated|scored|score|scores|pain|intensity|fear|anxiety|mood|distress|suds|criteria|items|phq-9|gad-7|ratio|was|fell|rose|dropped|ratings?|at|level)(?:\s+\w+){0,2}\s+$`)
	scheduled = re(`(?i)\b(?:session|dosed|seen|met|appointment|visit|dated|booked|scheduled|returns?|again|back|born)\b[^.]{0,12}$`)
)

// known abbreviations with points.
func initials(match, _, _ string) bool {
	switch strings.ReplaceAll(match, " ", "") {
	case "U.S.", "U.K.", "U.S.A.", "M.D.", "D.O.", "B.A.", "M.A.", "B.S.", "P.M.", "A.M.", "I.V.", "I.M.", "S.L.", "P.O.", "D.C.", "E.R.", "N.B.", "P.S.", "P.R.N.", "Q.D.":
		return false
	}
	return true
}

func notI(match, _, _ string) bool { return match != "I" && match != "A" }

// bigWord takes a word before "county" that can be its name.
func bigWord(match, _, _ string) bool { return !vocabulary[strings.ToLower(match)] }

func capital(match, _, _ string) bool { return match[0] >= 'A' && match[0] <= 'Z' }

func notDomain(match, _, _ string) bool {
	w := strings.ToLower(match)
	return capital(match, "", "") && !domain[w] && !vocabulary[w]
}

// notBroad leaves states, countries and what is no place.
func notBroad(match, _, after string) bool {
	w := strings.ToLower(match)
	return capital(match, "", "") && !broad[w] && !domain[w] && !vocabulary[w] && !broad[w+firstWord(after)]
}

// firstWord is a space and the first word of s, in small letters.
func firstWord(s string) string {
	if !strings.HasPrefix(s, " ") {
		return ""
	}
	end := 1
	for end < len(s) && isLetter(s[end]) {
		end++
	}
	return strings.ToLower(s[:end])
}
