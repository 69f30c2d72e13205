package route

import "github.com/nexus-memory/nexus/engine/pattern"

// rule is what phrases tell. Strength 0 tells nothing of what is asked.
//
// Strengths: 1, a question word anywhere, which may as well join clauses; 2, a verb
// that begins a sentence; 3, a question word that begins one or stands before its verb;
// 4 to 5, one that names its kind; 6, a phrase that leaves no doubt; 7 to 9, what is
// wanted of all there is, whatever the words of the question are beside it.
type rule struct {
	words    string // as pattern.Compile takes them
	asks     Asks
	strength uint8
	cues     Cues
	domain   Domain
}

// Parts of phrases.
const (
	verb    = "(did|do|does|is|are|was|were|has|have|had|can|could|will|would|should|must|might|am|shall)"
	telling = "(know|remember|recall|tell me|remind me|wonder|wondering|forgot|forget|idea|sure|curious|exactly|find out|show me)"
	please  = "(can|could|would|will) you (please|)"
)

// rules are all phrases that are looked for. The order has no meaning.
var rules = []rule{
	// Time.
	{words: "^when|" + telling + " when", asks: AsksTime, strength: 2},
	{words: "when", asks: AsksTime, strength: 1},
	{words: "when " + verb + "|" + telling + " when", asks: AsksTime, strength: 5},
	{words: "(what|which) (date|day|time|year|month|week|weekday|season|decade|hour|days|years|months|dates|times)", asks: AsksTime, strength: 6},
	{words: "whens|when's|(since|by|until|till|from) when|how (long ago|recently|soon|late|early)", asks: AsksTime, strength: 6},
	{words: "(what (is|was)|what's) the (date|deadline|due date|exact date|time|day|year)", asks: AsksTime, strength: 5},

	// Place.
	{words: "where", asks: AsksPlace, strength: 1},
	{words: "^where|where's|wheres|^where'd|(from|to) where", asks: AsksPlace, strength: 4},
	{words: "where " + verb + "|" + telling + " where", asks: AsksPlace, strength: 5},
	{words: "(what|which) (city|cities|town|towns|country|countries|place|places|village|street|restaurant|cafe|hotel|park|room|location|locations|region|state|area|neighbourhood|neighborhood|district|beach|airport|station|address|venue|shop|store|part of|museum|island|continent|floor|hospital|building)", asks: AsksPlace, strength: 5},
	{words: "(what (is|was)|what's) (the|my|her|his|their) (address|location|venue|whereabouts)", asks: AsksPlace, strength: 5},

	// Person.
	{words: "who|whose|whom|who's|whos", asks: AsksPerson, strength: 1},
	{words: "^(who|whose|whom|who's|whos|who'd)|who " + verb, asks: AsksPerson, strength: 4},
	{words: "(with|to|for|by|from|of|about) (whom|whose)|" + telling + " (who|whose|whom)", asks: AsksPerson, strength: 5},
	{words: "(what|which) (friend|friends|person|people|colleague|colleagues|neighbour|neighbor|relative|relatives|cousin|teacher|doctor|sibling|brother|sister|classmate|coworker|member|members|family member|guy|woman|man|girl|boy|actor|author|singer|artist|guest|guests|player|uncle|aunt)", asks: AsksPerson, strength: 5},
	{words: "which (one|) of (my|her|his|their|our) (friends|colleagues|neighbours|neighbors|relatives|cousins|siblings|brothers|sisters|children|kids|sons|daughters|teachers)", asks: AsksPerson, strength: 5},
	{words: "name of the (person|man|woman|guy|girl|boy|friend|colleague|doctor|teacher|author|artist)", asks: AsksPerson, strength: 4},

	// Number.
	{words: "how (many|much|often|frequently)", asks: AsksNumber, strength: 5, cues: CueCount},
	{words: "how (old|long|far|tall|big|large|heavy|high|wide|deep|fast|expensive|small|hot|cold|thick|loud)", asks: AsksNumber, strength: 5},
	{words: "(what|what's) (is|was|are|were|) the (total|number|amount|sum|price|cost|average|percentage|count|size|weight|height|distance|temperature|score|budget|length|duration|ratio|difference in price)", asks: AsksNumber, strength: 5},
	{words: "(what|which) (number|amount|percentage|age|size|share|fraction|proportion|price|score|temperature|distance|quantity)|(at|by) what age", asks: AsksNumber, strength: 6},
	{words: "^(price|cost|amount|number|size|age|length|weight|height|total|duration|distance) (of|for|spent)", asks: AsksNumber, strength: 2},
	{words: "number of|amount of|in total|altogether|count|sum of|total number", cues: CueCount},

	// Reason.
	{words: "why", asks: AsksReason, strength: 1},
	{words: "^why|why (" + "did|do|does|is|are|was|were|has|have|had|can|could|will|would|should|didn't|don't|doesn't|isn't|aren't|wasn't|weren't|can't|couldn't|won't|wouldn't" + ")|" + telling + " why|why's|whys|why'd", asks: AsksReason, strength: 5},
	{words: "what (made|caused|led|prompted|motivated|inspired|drove|convinced|persuaded|triggered|makes|causes|motivates|inspires)|how come|what for", asks: AsksReason, strength: 6},
	{words: "(what|what's|what is|what was|what were|what are) (the|) (reason|reasons|motivation|cause|rationale)|for (what|which) (reason|reasons)", asks: AsksReason, strength: 6},
	{words: "(reason|reasons|motivation) (for|why|behind|that|to)", asks: AsksReason, strength: 4},

	// Manner.
	{words: "how", asks: AsksManner, strength: 1},
	{words: "^how|how's|hows|how'd|how (did|do|does|is|are|was|were|can|could|would|has|have|had|to|will|might)|" + telling + " how", asks: AsksManner, strength: 3},
	{words: "what (steps|step|process|procedure|method|methods|approach|technique|way|ways)|(in|by) (what|which) (way|ways|means|manner)|step by step|walk me through|explain how|describe how|show me how|what (is|was|are|were) the (process|procedure|steps|way|method)", asks: AsksManner, strength: 5},

	// Yes or no.
	{words: "^(did|do|does|is|are|was|were|has|have|had|can|could|will|would|should|am|must|may|might|shall|isn't|aren't|wasn't|weren't|didn't|don't|doesn't|hasn't|haven't|hadn't|won't|wouldn't|couldn't|shouldn't|can't)", asks: AsksYesNo, strength: 2},
	{words: "is it true|whether|true or false|yes or no", asks: AsksYesNo, strength: 3},
	{words: "(did|does|has|had|is|was|were|are|do|have) (i|you|he|she|it|we|they|there|the|my|anyone|anybody|someone|any)|did|does", asks: AsksYesNo, strength: 1},

	// Things.
	{words: "what|which", asks: AsksThing, strength: 1},
	{words: "^(what|which|what's|whats|what'd|what're)|what's|whats|(what|which) " + verb + "|(in|on|at|for|from|to|of|with|about|under) which|what else", asks: AsksThing, strength: 3},
	{words: "^tell me|" + please + " (tell me|remind me|give me|show me|find|look up|name|describe|explain)|do you (remember|recall|know) (the|my|her|his|what|which|our)", asks: AsksThing, strength: 3},

	// Lists.
	{words: "^(all|every) (the|of|my|our|i)|^every", asks: AsksList, strength: 2},
	{words: "^(list|enumerate)|list (all|the|every|of|some|out|my|her|his|their|any|each|everything)", asks: AsksList, strength: 6},
	{words: "^(name|give|show|find|get|mention) (me|) (all|every|each|everything)|tell me (all|everything|about all|about every)|(name|list) (two|three|four|five|several|some)", asks: AsksList, strength: 6},
	{words: "what (are|were) (all|the|some|my|her|his|their|our|some of)|which ones|what (kinds|types|sorts|things|items|other|different|various)|what all|everything", asks: AsksList, strength: 5},

	// Summaries.
	{words: "summarise|summarize|summarising|summarizing|summary|overview|recap|gist|sum up|sum it up|rundown|run down of|(main|key|important|major) (points|takeaways|themes|ideas|topics|findings)|takeaways|in a nutshell|tldr|tl dr|highlights of|brief me|catch me up|bring me up to speed|big picture|digest of|outline of|boil down|in a few (words|sentences)", asks: AsksSummary, strength: 8},

	// Order.
	{words: "(what|which) (order|sequence)|(order|sequence) (in which|of|did|that|in)|(chronological|reverse|correct|right) (order|sequence)|chronologically|chronology|timeline|timelines|time line|in sequence|(which|what|who) (came|happened|was|comes) (first|earlier)|from (earliest|oldest|first) to|in the order|put in order|sort by date", asks: AsksOrder, strength: 9},
	{words: "(which|what) (event|of these|of the two|one|thing) (came|happened|was|did i do|took place) (first|earlier|last)|came first", asks: AsksOrder, strength: 6},

	// Advice.
	{words: "(what|where|how|which|when|who|why) should (i|we)|should (i|we)", asks: AsksAdvice, strength: 6},
	{words: please + " (suggest|recommend|help|advise|propose|write|draft|plan|create|design|make|compose|generate|prepare|come up with|think of|share|offer|give me (some|) (advice|ideas|tips|suggestions|recommendations|feedback))", asks: AsksAdvice, strength: 6},
	{words: "(recommend|suggest|advise) (me|us|a|an|some|any|something|good)|^(suggest|recommend|propose|advise|write|draft|compose|generate|prepare|design|plan|create)", asks: AsksAdvice, strength: 6},
	{words: "(any|some|more|your|for|need|want|appreciate|give me|few) (tips|advice|suggestions|recommendations|ideas|pointers|guidance)|(tips|ideas|advice|suggestions|recommendations) (for|on|about|to)|any thoughts|thoughts on|^(suggestions|recommendations|ideas|advice|tips)|what to (cook|wear|buy|get|do|give|say|eat|write|watch|read|make|bring)", asks: AsksAdvice, strength: 6},
	{words: "help (me|us)|help with|i need help|what (would|do) you (recommend|suggest|advise)|do you have any (tips|advice|ideas|suggestions|recommendations)|do you (recommend|suggest)|would you (recommend|suggest)|do you think (i|we) should|what do you think (about|of) my", asks: AsksAdvice, strength: 6},
	{words: "(what's|what is|what would be|is there) (a|the) (good|best|great|nice|fun|healthy|easy)|(what are|are there) (some|any|) (good|great|nice|fun|healthy|easy)|best way to|good way to|how (can|could|might) i (improve|get better|make sure|avoid|stop|start|prepare|deal|handle|best|better|learn)|where (can|could) i (find|buy|get|learn)|i'm (struggling|stuck)|what (can|could) (i|we) (do|try|make|cook|give|use|get|say)|i'm looking for|worth (it|buying|visiting)", asks: AsksAdvice, strength: 5},

	// Cues.
	{words: pattern.TimeWords, cues: CueTime},
	{words: pattern.NumberWords, cues: CueNumber},
	{words: pattern.Negations, cues: CueNegation},
	{words: pattern.FirstPersons, cues: CueFirstPerson},
	{words: "you|your|yours|yourself|you're|you've|you'd|you'll", cues: CueSecondPerson},
	{words: "did|was|were|had|ago|yesterday|previously|formerly|used to|back then|in the past|earlier|didn't|wasn't|weren't|hadn't|last (week|month|year|night|weekend|summer|winter|spring|autumn|fall|monday|tuesday|wednesday|thursday|friday|saturday|sunday)", cues: CuePast},
	{words: "went|said|told|bought|gave|took|made|came|got|saw|won|found|felt|thought|left|met|began|broke|chose|wrote|spoke|sold|lost|brought|taught|caught|kept|paid|sent|spent|stood|won|grew|knew|threw|drew|flew|ate|drank|drove|rode|sang|swam|wore|built|lent|led|held|heard|became|forgot|gone|done|been given|taken|born|happened", cues: CuePast},
	{words: "will|won't|going to|gonna|tomorrow|next (week|month|year|weekend|summer|winter|spring|autumn|fall|time|monday|tuesday|wednesday|thursday|friday|saturday|sunday)|upcoming|planning|plan to|plans to|plans for|any plans|soon|shall|i'll|you'll|he'll|she'll|we'll|they'll|it'll|about to|intend to|intends to|hope to|hopes to|hoping to|(the|my|her|his|our|their|your) next|in the future|by when|scheduled|due", cues: CueFuture},
	{words: "!(the next (day|morning|evening|week|year)|(is|are|was|were|be|get|got) used to)"},
	{words: "now|currently|current|latest|newest|most recent|most recently|still|anymore|any more|any longer|no longer|at the moment|right now|these days|nowadays|as of|up to date|last time|(i|we|you|he|she|they|it) last|last (in|at|seen|see|visit|met|meet|talk|talked|speak|spoke|go|went|hear|heard)|presently|at present|since when|lately|so far|today", cues: CueLatest},
	{words: "first|firstly|original|originally|initial|initially|earliest|oldest|before|at first|to begin with|in the beginning|prior to|previous|previously|former|formerly", cues: CueEarliest},
	{words: "change|changed|changes|changing|switch|switched|switches|switching|update|updated|updates|used to|replace|replaced|replaces|swap|swapped|revised|revise|evolve|evolved|shifted|converted|modified|upgraded|became|turned into|instead of|go from|went from|changed (her|his|my|their) mind|reschedule|rescheduled", cues: CueChange},
	{words: "both|than|differ|differs|different|differently|difference|differences|compare|compared|compares|comparison|in common|either|neither|versus|vs|similar|similarity|similarities|similarly|same as|the same|alike|unlike|contrast|whereas|came first", cues: CueCompare},
	{words: "all|every|each|^list|list (all|the|every|some)|(a|full|complete) list|total|altogether|everything|everyone|everybody|entire|entirely|whole|overall|in total|complete|full list|all of", cues: CueAll},
	{words: "else|another|other than|(what|which|any|who|some|the|were there|are there) (other|others)|besides|apart from|aside from|in addition|additional|additionally|except|except for|others|someone else|further", cues: CueOther},
	{words: pattern.Likings, cues: CuePreference},
	{words: "like", cues: CuePreference},
	{words: "!(" + pattern.Unlikings + ")"},
	{words: "always|^never|(please|and|but|should|you|to|must|i) never|format|formats|formatted|formatting|style|remember to|instruction|instructions|from now on|whenever|make sure|(told|asked|want|wanted|tell|ask) you to|guideline|guidelines|tone|in future|way i like|supposed to (answer|reply|format|write)", cues: CueInstruction},
	{words: "(did|have|had) you (say|said|tell|told|mention|mentioned|suggested|recommended|advised|proposed|explained|written|listed|described|called)|did you (recommend|suggest|advise|propose|explain|give|write|list|describe|call|answer|reply|provide|show|point|come|compare|calculate|include|offer|name|claim|warn|promise)", cues: CueAssistant},
	{words: "you (said|told|recommended|suggested|mentioned|gave|advised|proposed|explained|listed|wrote|described|came up with|provided|answered|shared|calculated|offered|showed|pointed|named|warned|promised|called|originally|just|previously|once|earlier)|you've (said|told|recommended|suggested|mentioned|given|advised)|your (answer|answers|reply|replies|suggestion|suggestions|recommendation|recommendations|response|responses|explanation|advice|earlier|previous|last|list|first)|the assistant|the chatbot", cues: CueAssistant},

	// Domains.
	{words: "friend|friends|family|mother|father|mum|mom|dad|sister|brother|sisters|brothers|parents|son|daughter|kids|children|child|baby|wife|husband|partner|girlfriend|boyfriend|aunt|uncle|cousin|cousins|nephew|niece|grandmother|grandfather|grandma|grandpa|wedding|married|birthday|divorce|engaged|relationship|date|dating|neighbour|neighbours|neighbor|party|anniversary", domain: DomainPeople},
	{words: "job|work|works|worked|working|office|boss|manager|colleague|colleagues|coworker|meeting|meetings|project|projects|client|clients|customer|customers|deadline|promotion|career|interview|company|team|salary|resume|application|employer|startup|presentation|report|shareholders|contract|hire|hired", domain: DomainWork},
	{words: "code|function|functions|bug|bugs|api|apis|database|server|servers|deploy|deployed|deployment|repository|repo|branch|commit|merge|compile|compiler|python|javascript|typescript|java|golang|rust|sql|docker|container|kubernetes|endpoint|endpoints|library|framework|algorithm|variable|script|query|schema|login|backend|frontend|unit test|unit tests|test suite|stack trace|refactor|regex|css|html|git|config|bandwidth|app", domain: DomainCode},
	{words: "money|budget|bank|account|loan|mortgage|rent|salary|tax|taxes|pay|paid|price|cost|costs|invest|invested|investment|investments|savings|save|stock|stocks|shares|fund|funds|pension|insurance|invoice|debt|credit card|expenses|expense|income|dollars|euros|pounds|interest rate|fee|fees|bill|bills|spend|spent", domain: DomainFinance},
	{words: "doctor|dentist|hospital|health|healthy|medicine|medication|pills|allergic|allergy|allergies|pain|sick|illness|ill|symptom|symptoms|diagnosis|diagnosed|surgery|therapy|therapist|physiotherapist|diet|sleep|weight|blood|vaccine|vaccinated|injury|injured|knee|back pain|headache|headaches|stress|anxiety|exercise|gym|fitness|workout|mental health|vitamin|vitamins", domain: DomainHealth},
	{words: "travel|travelled|traveled|trip|trips|flight|flights|fly|flew|airport|hotel|hostel|visa|passport|vacation|holiday|holidays|tour|tourist|luggage|suitcase|train|visit|visited|city|country|countries|beach|itinerary|museum|abroad|island|islands|road trip|cruise|camping", domain: DomainTravel},
	{words: "food|eat|eats|eating|ate|cook|cooks|cooked|cooking|recipe|recipes|dinner|lunch|breakfast|meal|meals|restaurant|restaurants|cafe|coffee|tea|bread|cake|bake|baked|baking|vegetarian|vegan|dish|dishes|ingredient|ingredients|wine|beer|pizza|soup|salad|cheese|fruit|vegetables|snack|dessert|kitchen|drink|drinks", domain: DomainFood},
	{words: "hobby|hobbies|game|games|play|plays|played|playing|music|song|songs|band|concert|guitar|piano|violin|cello|movie|movies|film|films|series|show|book|books|novel|read|reading|paint|painting|paintings|draw|drawing|photo|photography|sport|sports|football|tennis|swim|swimming|run|running|marathon|hike|hiking|cycling|bike|dance|dancing|choir|orchestra|theatre|museum|garden|gardening|knitting|pottery|podcast", domain: DomainLeisure},
	{words: "school|university|college|degree|class|classes|course|courses|exam|exams|teacher|student|students|study|studied|studying|homework|thesis|essay|lecture|lectures|lesson|lessons|learn|learning|learnt|learned|grade|grades|professor|scholarship|language|languages|semester|math|maths|physics|chemistry", domain: DomainLearning},
	{words: "house|flat|apartment|home|rent|landlord|kitchen|bathroom|bedroom|roof|garage|furniture|sofa|washing machine|fridge|boiler|heating|thermostat|plumber|renovation|renovate|repair|repairs|move in|moved in|attic|basement|balcony|fence|carpet|neighbourhood|cat|cats|dog|dogs|pet|pets|garden|plant|plants|keys|key", domain: DomainHome},
}
