package eval

// The sentences of the generated set. Values and topics are short lists so that
// distractors share words with what is asked for.

var subjects = list("the garden, the new bridge, work, the weekend, the weather, that film, the neighbours, dinner, the train, the library, music, the kitchen, sleep, the marathon, the market, school, the football match, the museum")

var chatter = []string{
	"How did things go with %s, %s?",
	"I keep thinking about %s lately, %s.",
	"You always have something good to say about %s, %s!",
	"Honestly, %s has been a lot to handle this month. How do you manage, %s?",
	"That makes sense. I never saw %s that way, %s.",
	"Ha, %s again! You never get tired of it, %s.",
	"Could we talk about %s next time, %s? I have to leave soon.",
	"I told my sister about %s and she asked how you are, %s.",
	"Nothing new with %s on my side. And you, %s?",
	"It rained all day, so %s had to wait. Did you stay dry, %s?",
	"I read an article about %s and thought of you, %s.",
	"Thanks for listening. Talking about %s helps, %s.",
}

var tails = []string{
	"Enough of me, I wanted to hear what became of %s in the end.",
	"It came up because somebody asked about %s this morning, of all things.",
	"By the way, do you still have the photographs from last summer? They had %s in them.",
	"My cousin laughed so hard when I told her on the phone, then changed the subject to %s.",
	"Tell me if this is boring, after an hour of %s I can hardly judge.",
	"Sorry for the late reply, there was so much to do because of %s.",
	"I would never have guessed a year ago, when all I could think about was %s.",
	"Now I only need a quiet afternoon and no more surprises concerning %s.",
	"Do not tell the others yet, they would bring up %s again and never stop.",
	"It feels strange to say it out loud, almost as strange as %s did back then.",
}

var factKinds = []factKind{
	{"We adopted a %s from the shelter, the children are delighted.", "What kind of pet did %s adopt?", list("beagle, tabby cat, parrot, hamster, greyhound, tortoise")},
	{"My favourite dish has to be %s, I could eat it every day.", "What is the favourite dish of %s?", list("mushroom risotto, lentil curry, fish tacos, potato dumplings, shakshuka, ramen")},
	{"I have started to learn the %s, an hour every evening.", "Which instrument is %s learning?", list("cello, accordion, trumpet, banjo, oboe, harp")},
	{"The doctor says that I am allergic to %s, who knew.", "What is %s allergic to?", list("walnuts, shellfish, birch pollen, penicillin, sesame, strawberries")},
	{"I grew up in %s before my parents moved away.", "Where did %s grow up?", list("Tromsø, Valparaíso, Izmir, Galway, Turku, Cusco")},
	{"For my birthday I was given a %s, exactly what I wanted.", "What was %s given as a birthday present?", list("telescope, sewing machine, kayak, record player, bread oven, microscope")},
	{"My brother works as a %s, he loves it.", "What is the job of the brother of %s?", list("carpenter, paramedic, beekeeper, surveyor, pastry chef, tram driver")},
	{"I collect old %s, the shelf is full of them.", "What does %s collect?", list("postcards, typewriters, stamps, maps, cameras, tin toys")},
	{"I wrote my thesis on %s, years ago now.", "What was the thesis of %s about?", list("glacier melt, medieval trade, bat echolocation, tidal power, folk songs, soil bacteria")},
	{"We painted the living room %s, it looks warm.", "In which colour did %s paint the living room?", list("ochre, teal, terracotta, sage green, burgundy, pale yellow")},
}

var changeKinds = []changeKind{
	{"I work at %s these days, on the night shift.", "Big change: I quit and now work at %s.", "Where does %s work now?", list("the harbour office, a bicycle factory, the observatory, a flower shop, the city archive, a bakery")},
	{"We live in %s, on the third floor.", "We finally moved, our home is in %s now.", "Where does %s live at present?", list("Porto, Ghent, Aarhus, Bologna, Lviv, Cork")},
	{"I drive an old %s, it still runs.", "I sold the old car and now drive a %s.", "Which car does %s drive now?", list("Volvo, Fiat, Skoda, Peugeot, Mazda, Honda")},
	{"My running goal this year is %s.", "I changed my running goal for this year, it is %s now.", "What is the current running goal of %s?", list("five kilometres, ten kilometres, a half marathon, a full marathon, a trail race, a relay")},
}

var eventKinds = []eventKind{
	{"I passed my sailing exam %s, what a relief.", "When did %s pass the sailing exam?"},
	{"My niece was born %s, everyone is well.", "When was the niece of %s born?"},
	{"I broke my wrist %s on the ice.", "When did %s break a wrist?"},
	{"I gave my first lecture %s, the hall was packed.", "When did %s give a first lecture?"},
	{"Our cellar was flooded %s, we lost some books.", "When was the cellar of %s flooded?"},
	{"I ran into my old teacher %s at the station.", "When did %s meet the old teacher?"},
}

var listKinds = []listKind{
	{"I spent a few days hiking in %s.", "Which places has %s gone hiking in?", list("the Dolomites, Madeira, the Tatra, Snowdonia, Corsica, Lapland")},
	{"I just finished reading a novel by %s.", "Novels by which authors has %s finished?", list("Woolf, Saramago, Achebe, Lem, Lispector, Baldwin")},
	{"I volunteered at %s this month.", "Where has %s volunteered?", list("the food bank, an animal shelter, the repair café, a youth club, the lifeboat station, a reading circle")},
	{"I baked %s for the street party.", "What has %s baked?", list("cinnamon rolls, a plum cake, rye bread, almond biscuits, an apple strudel, cheese scones")},
}
