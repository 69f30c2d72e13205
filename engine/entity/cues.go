package entity

// Words in small letters that say what the name beside them, or the number, is.

// personBefore stand before a person: "my sister Anna", "I asked Anna", "hi Anna".
const personBefore = `
mom mum mommy mummy dad daddy papa mama mother father grandma grandpa granny nana grandmother grandfather aunt auntie uncle cousin sister brother sis bro son daughter nephew niece wife husband
friend friends bestie buddy boyfriend girlfriend partner fiance fiancee roommate flatmate roomie housemate neighbor neighbour colleague coworker co-worker classmate teammate boss manager teacher professor tutor coach
doctor dentist therapist nurse landlord baby toddler kid dog cat puppy kitten pet bird hamster rabbit parrot horse brother-in-law sister-in-law mother-in-law father-in-law stepmother stepfather stepdad stepmom
stepbrother stepsister ex twin twins named said met told asked texted phoned married dated dating hugged emailed thanked
hi hey hello dear thanks bye goodbye congrats congratulations birthday sincerely regards cheers morning night author singer actor actress director writer painter composer scientist physicist philosopher`

// personAfter are verbs whose subject is a person: "Zofia said".
const personAfter = `said says told tells asked asks thinks thought wants wanted called calls texted emailed replied lives loves likes hates wrote knows believes agreed laughed cried smiled suggested mentioned invited hugged married proposed`

// motion are verbs that lead somewhere: "moved to Ashgrove".
const motion = `move moved moving fly flew flying trip trips travel traveled travelled traveling travelling go goes going went drive drove driving drives came come comes back return returned returning trek hitchhiked cycled commute commutes relocated relocating`

// placeBefore stand before a place: "near Ashgrove".
const placeBefore = `in near outside around visit visits visited visiting toward towards throughout across`

// organisationBefore stand before an organisation: "joined Halden".
const organisationBefore = `joined joining quit quitting`

// workBefore make "at", "for" or "with" lead to an organisation: "she works at Halden".
const workBefore = `work works worked working job jobs position role internship intern interned interning career gig started employed interview interviewed interviewing engineer accountant manager analyst`

// numberWords have their values in numberValue.
const numberWords = `
zero=0 one=1 two=2 three=3 four=4 five=5 six=6 seven=7 eight=8 nine=9 ten=10 eleven=11 twelve=12 thirteen=13 fourteen=14 fifteen=15 sixteen=16 seventeen=17 eighteen=18 nineteen=19 twenty=20 thirty=30 forty=40 fifty=50 sixty=60
seventy=70 eighty=80 ninety=90`

// scales multiply the number before them.
const scales = `hundred=2 thousand=3 million=6 billion=9 trillion=12 dozen=1 k=3 m=6 mn=6 bn=9 b=9`

// units are what quantities are of, to the name that all their spellings share.
const units = `
km kms=km kilometer=km kilometers=km kilometre=km kilometres=km m meter=m meters=m metre=m metres=m cm centimeter=cm centimeters=cm centimetre=cm centimetres=cm mm mile miles=mile mi=mile ft foot=ft feet=ft inch inches=inch
yard yards=yard kg kgs=kg kilo=kg kilos=kg kilogram=kg kilograms=kg g gram=g grams=g mg lb lbs=lb pound=lb pounds=lb oz ounce=oz ounces=oz ton tons=ton tonne=ton tonnes=ton l liter=l liters=l litre=l litres=l ml cl dl
gallon gallons=gallon pint pints=pint cup cups=cup tbsp tablespoon=tbsp tablespoons=tbsp tsp teaspoon=tsp teaspoons=tsp second seconds=second sec=second secs=second minute minutes=minute min=minute mins=minute hour hours=hour
hr=hour hrs=hour h=hour day days=day week weeks=week month months=month year years=year decade decades=decade century centuries=century ms us ns kb mb gb tb kib mib gib byte bytes=byte bit bits=bit mb/s gb/s
degree degrees=degree celsius=degree fahrenheit=degree c=degree f=degree calorie calories=calorie kcal watt watts=watt w=watt kw kwh mw v=volt volt volts=volt mph kmh km/h=kmh px=pixel pixel pixels=pixel hz khz mhz ghz
acre acres=acre hectare hectares=hectare knots light-years`

// times are the units that are durations: with "ago" behind them they are points in time.
const times = `second seconds sec secs minute minutes min mins hour hours hr hrs day days week weeks month months year years decade decades century centuries`

// currencies are what money is of, to the name that all its spellings share.
const currencies = `
dollar=usd dollars=usd buck=usd bucks=usd usd=usd euro=eur euros=eur eur=eur sterling=gbp quid=gbp gbp=gbp yen=jpy jpy=jpy rupee=inr rupees=inr inr=inr franc=chf francs=chf chf=chf cent=cent cents=cent pence=cent peso=peso pesos=peso
krona=sek kronor=sek sek=sek krone=nok kroner=nok nok=nok dkk=dkk yuan=cny cny=cny rmb=cny cad=cad aud=aud zloty=pln pln=pln won=krw krw=krw real=brl reais=brl brl=brl rand=zar zar=zar lira=try`

// payBefore make pounds money: "I paid 20 pounds".
const payBefore = `cost costs paid pay pays paying for worth spent spend owe owes charged earn earned price fee of`

// identifierBefore make plain digits an identifier: "order 48213".
const identifierBefore = `order ticket id number no case invoice account ref reference code booking pin isbn serial issue pr request reservation confirmation tracking member customer policy license`

// domains end host names.
const domains = `com org net io edu gov uk de fr es nl eu ca au tv co info app dev ai ch se dk pl cz ie jp br nz za mx example test`

// extensions end names of files.
const extensions = `go py js ts tsx jsx mjs java kt rb rs c h cc cpp hpp cs php swift sh bash zsh bat ps1 sql html htm css scss json yaml yml toml ini cfg conf xml csv tsv txt md rst pdf doc docx xls xlsx ppt pptx png jpg jpeg gif svg
mp3 mp4 wav zip tar gz tgz log lock env mod sum exe dll so dylib ipynb parquet db proto`

// codeHeads are packages and objects that a dot leads into.
const codeHeads = `os sys fmt http json math time np pd plt self this console document window req res request response app db ctx str err re io log logger logging string strings path process module exports math random datetime torch tf std
user config client server session context sync errors bytes bufio net url array object promise`

// codeBeside stand beside a symbol with capitals: "the UserService class".
const codeBeside = `class classes method methods function functions struct structs interface interfaces type types object objects module modules component components hook hooks endpoint service constant variable variables field fields enum
package exception exceptions attribute property parameter parameters argument constructor instance decorator trait callback`

// designations make a number behind them the name of a part: "step 2".
const designations = `step option part phase figure table note section item`

// possessors behind "and" make what is before a person: "Keziah and her husband".
const possessors = `her his`

// titleWords are small in titles as well.
const titleWords = `a an the and or of for to in on at by with from vs via as into your per s`
