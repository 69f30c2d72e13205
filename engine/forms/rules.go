package forms

import "github.com/nexus-memory/nexus/engine/pattern"

// rule is what phrases tell.
type rule struct {
	words string // as pattern.Compile takes them
	forms Forms
	opens bool // only at the start of the turn
}

// Parts of phrases.
const (
	verb    = "(did|do|does|is|are|was|were|has|have|had|can|could|will|would|should|must|might|am|shall)"
	subject = "(i|you|he|she|it|we|they|there|this|that|the|my|your|his|her|our|their|anyone|anybody|someone|somebody|any|these|those)"
	act     = "(answer|reply|respond|give|use|show|write|call|address|mention|name|list|keep|start|begin|end|finish|put|add|tell|ask|speak|point|cite|explain|include|format|leave|make|check|provide|suggest|recommend|remind|translate|convert|quote|sign|avoid|send|state|spell|say|talk|assume|offer|refer)"
	replies = "(answers|replies|responses|messages|explanations|summaries|output|emails|suggestions|recommendations)"
)

// rules are all phrases that are looked for. The order has no meaning.
var rules = []rule{
	{words: "^(what|who|whom|when|where|why|how|which) " + verb + "|^(what's|who's|where's|when's|how's|why's|what're)|^how (many|much|long|often|old|far|come)|^(what|which) (kind|kinds|type|types|sort|time|day|date|year)", forms: IsQuestion, opens: true},
	{words: "^" + verb + " " + subject + "|^(any|anyone|anybody|do you) (idea|ideas|tips|advice|suggestions|know|remember)|^(don't|didn't|isn't|aren't|wasn't|won't|can't|couldn't|doesn't|haven't|hasn't) (i|you|he|she|it|we|they|the|that|this)", forms: IsQuestion, opens: true},

	{words: pattern.TimeWords + "|" + pattern.NowWords, forms: HasTimeWord},
	{words: pattern.NumberWords, forms: HasNumber},
	{words: "dollar|dollars|euro|euros|buck|bucks|cent|cents|quid|grand|yen|franc|francs|rupee|rupees|crowns|pesos|usd|eur|gbp|pounds a (week|month|year)", forms: currency},
	{words: pattern.FirstPersons, forms: FirstPerson},
	{words: pattern.Negations, forms: Negation},
	{words: "!(why|if|or) not"},

	{words: "from now on|from here on|going forward|from this point on|from today on|in (the|) future (please|always|never|answer|use|format|give|write)|until i say otherwise|by default|as a rule please|as a standing rule", forms: Instruction},
	{words: "^in future|^(always|never) " + act + "|please (always|never)|(should|must|and) (always|never) " + act + "|(^|please )(do not|don't) ever", forms: Instruction},
	{words: "(make sure|be sure|remember) (to|you|that you|) always|(remember|don't forget) to " + act + "|make sure (to|you|that you) " + act, forms: Instruction},
	{words: "^(when|whenever|if|every time|each time|any time|anytime) i (ask|share|send|say|mention|write|talk|want|paste|post|request|bring up|give you|show you|tell you)|(whenever|every time|each time|any time) i (ask|share|send|paste|request|give you|show you)|when i (ask|send you|give you|share|paste)", forms: Instruction},
	{words: "(keep|limit|make|write|format|give|put|start|end|phrase|sign) your " + replies + "|all (of|) your " + replies + "|your " + replies + " (should|must|need)|every (answer|reply|response)|all my (questions|requests)|you to (always|never)|(call|address) me (by|as)|(answer|reply|respond) (to me|) (only|always) in", forms: Instruction},

	{words: pattern.Likings, forms: Preference},
	{words: "(i|we|they|you|also|really|don't|doesn't|didn't|do|not|never|always|both|quite) like|liked|likes|(not|really|totally|so|i'm|very) into|big on|my go to|can't get enough|partial to|can't do without|cup of tea|(rather|sooner) (have|read|stay|walk|eat|go|be|take|do) |sick of|fed up with|allergic to (small talk)|can live without|soft spot for|more of a|not a fan|appeals to me", forms: Preference},
	{words: "!(" + pattern.Unlikings + "|(would|i'd|we'd) (love|hate|like))"},

	{words: "going to|gonna|will|i'll|we'll|he'll|she'll|they'll|you'll|it'll|planning|plan to|plans to|plan is to|plan on|plans for|intend to|intends to|intending to|hope to|hopes to|hoping to|want to|wants to|wanna|about to|thinking of|thinking about|looking forward to|aim to|aiming to|aims to|would like to|i'd like to|can't wait to|would love to|i'd love to|considering|might (go|try|get|buy|take|rent|move|visit|start|join|ask|do|make|have to)|(i'm|we're|am|are|is) (flying|leaving|moving|starting|visiting|taking|meeting|seeing|getting|signing up|heading) (to|off|out|up|in|on|at|my|our|the|a|for|next|tomorrow)|scheduled (for|to)|booked (a|the|my|our|for)|signed up for|won't", forms: Plan},

	{words: "change|changed|changes|changing|switch|switched|switching|no longer|anymore|any more|instead of|updated|update|used to|replaced|swapped|swap|moved|moving|became|turned into|postponed|rescheduled|brought forward|upgraded|converted|gave up|given up|quit|stopped (eating|drinking|smoking|working|going|using|playing|seeing|taking)|(got|have|has|started|bought|starting) a new|new (job|address|number|phone number|flat|apartment|house|boss|email|car|role|position|school|doctor|dentist)|not (any longer)|is now|are now|now (works|lives|live|work|is|are)|renamed|cancelled|canceled|transferred|promoted|traded in", forms: Change},
	{words: "!((is|are|was|were|be|get|got|getting|i'm|we're) used to|(be|is|are|was|were|feel|felt|so|deeply|very|really) moved)"},

	{words: "decide|decided|deciding|decision|settled on|settle on|went with|go with|going with|made up (my|our|her|his|their) mind|chose|chosen|opted|agreed on|agreed to|agreed that|picked|ended up (choosing|picking|buying|with|taking)|it's settled|final choice|finalised|finalized|we'll take|i'll take|committed to|ruled out|resolved to|made the call", forms: Decision},

	{words: "because|cuz|^since|since (it|it's|there|there's|that)|so that|that's why|that is why|which is why|this is why|due to|as a result|the reason|reason (i|we|for|why|is|was)|therefore|thanks to|owing to|on account of|in order to|hence|for that reason|given that|consequently|considering that|seeing that|thus", forms: Reason},

	{words: "thanks|thank you|thank you (so|very) much|thx|ty|cheers|a lot|so much|very much|a bunch|for that|for (the|your) (help|advice|tip|tips|info|information)|hi|hello|hey|hey there|hi there|hello there|there|good (morning|evening|night|afternoon|day)|morning|evening|bye|goodbye|bye bye|see you|see you (soon|later|tomorrow|then|there)|take care|talk (soon|later)|welcome|you're welcome|you too|same here|how are you|how are you (doing|today)|how's it going|what's up|nice to meet you|have a (good|nice|great|lovely) (day|evening|night|weekend|one|time)", forms: Backchannel},
	{words: "yes|yeah|yep|yup|ya|no|nope|nah|sure|sure thing|ok|okay|k|kk|alright|all right|right|exactly|absolutely|definitely|totally|indeed|of course|agreed|true|fair|fair enough|got it|i see|gotcha|understood|makes sense|that makes sense|makes total sense|sounds (good|great|lovely|fun|perfect|nice|like a plan)|that sounds (good|great|lovely|fun|perfect|nice|amazing)|no problem|no worries|at all|my pleasure|anytime|will do|for sure|me too|me neither|i know|i know right|i agree|i think so|i think so too|i hope so|i guess|i guess so|i do|i will|well|oh|ah|aha|uh huh|hm|hmm|mhm|um|so|and|but then|then", forms: Backchannel},
	{words: "wow|haha|hahaha|lol|cool|great|nice|awesome|amazing|perfect|lovely|wonderful|fantastic|excellent|brilliant|super|sweet|good|fine|good (idea|point|one|job|luck|to know|to hear|for you)|great (idea|job|news|point)|well done|congrats|congratulations|very|really|so (cool|nice|great|true|sweet|good|cute|funny)|how (nice|lovely|cool|sweet|funny)|that's|it's|that is|it is|is|that|this|really (good|nice|great|cool)|great stuff|interesting|impressive|funny|too bad|oh no|sorry|i'm sorry|sorry to hear that|glad to hear that|happy to help|glad to help|love it|love that|i love it|good to hear|can't wait|please|please do|yes please|no thanks|no thank you|not really|not yet|never mind|don't worry|my friend|everyone|all|guys|again|too|as well|indeed|just|pretty (cool|good|nice|great)|what a (day|shame|pity|relief|surprise)", forms: Backchannel},
}
