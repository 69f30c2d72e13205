package pattern

// Words that rules of questions and of turns share, in the form that Compile takes
// between brackets.
const (
	weekdays = "monday|tuesday|wednesday|thursday|friday|saturday|sunday|mondays|tuesdays|wednesdays|thursdays|fridays|saturdays|sundays"
	months   = "january|february|april|june|july|august|september|october|november|december"
	seasons  = "spring|summer|autumn|fall|winter"
	units    = "second|minute|hour|day|night|week|weekend|month|quarter|year|decade|morning|afternoon|evening|term|semester|season|fortnight"

	// TimeWords stand in what says when: days, parts of them, spans, and what points at them.
	// May, March, spring and fall are months and seasons only behind a word that says so.
	TimeWords = weekdays + "|" + months + "|summer|winter|autumn|wintertime|summertime" +
		"|(in|last|next|this|since|until|till|by|early|late|mid|of|during|every) (may|march|" + seasons + ")" +
		"|(last|next|this|past|previous|coming|following|every|each|that) (" + units + ")" +
		"|today|tonight|tomorrow|yesterday|ago|recently|lately|soon" +
		"|(days|weeks|weekend|weekends|months|years|decades|hours|minutes|year|month|week)" +
		"|day|morning|mornings|evening|evenings|afternoon|afternoons|night|nights|midnight|noon|midday|lunchtime|bedtime" +
		"|date|deadline|daily|weekly|monthly|yearly|annually|annual|o'clock|pm|since then|back then|until|during|meanwhile" +
		"|christmas|easter|halloween|thanksgiving|ramadan|new year's eve|new year"

	// NowWords point at the present.
	NowWords = "now|right now|currently|at the moment|these days|nowadays|this minute"

	// NumberWords are numbers spelt out, but for one, which mostly is none.
	NumberWords = "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen" +
		"|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|hundreds|thousand|thousands|million|millions|dozen|dozens|twice"

	// Negations deny.
	Negations = "not|never|no|none|nothing|nobody|no one|nowhere|neither|nor|cannot|can't|won't|don't|doesn't|didn't|isn't|aren't|wasn't|weren't" +
		"|haven't|hasn't|hadn't|couldn't|wouldn't|shouldn't|mustn't|needn't|ain't|cant|wont|dont|doesnt|didnt|isnt|arent|wasnt|werent|havent|hasnt|couldnt|wouldnt"

	// FirstPersons are those who speak.
	FirstPersons = "i|me|my|mine|myself|i'm|i've|i'd|i'll|im|ive|we|us|our|ours|ourselves|we're|we've|we'd|we'll"

	// Likings say what somebody likes or dislikes, but for plain "like".
	Likings = "prefer|prefers|preferred|preference|preferences|favourite|favourites|favorite|favorites|likes|liked|liking|enjoy|enjoys|enjoyed" +
		"|love|loves|loved|hate|hates|hated|dislike|dislikes|disliked|adore|adores|adored|detest|detests|loathe|loathes" +
		"|fond of|fan of|keen on|crazy about|obsessed with|passionate about|can't stand|cannot stand|can't bear|would rather|i'd rather|rather not"

	// Unlikings are of the words in which "like" is no liking.
	Unlikings = "(look|looks|looked|looking|feel|feels|felt|feeling|sound|sounds|sounded|taste|tastes|tasted|smell|smells|smelled|seem|seems|seemed" +
		"|something|anything|things|stuff|places|people|be|is|was|were|are|it's|that's|just|more|much|act|acts|it|would|i'd|you'd|she'd|he'd|they'd|we'd|exactly|a lot) like"
)
