package entity

// The lists: small, written down from general knowledge, in small letters without
// marks. An entry of several words is joined by an underscore. A word may stand in
// several lists; what that means is said where the rules are.

// givenNames are common given names of many languages.
const givenNames = `
aaron abby abdul abdullah abel abigail abraham ada adam adel adele adrian adriana agnes ahmad ahmed aidan aiden aiko
aisha akira alan alana alba albert alberto alejandra alejandro alessandra alessandro alessia alex alexa alexander alexandra
alexandre alexei alexis alfie alfred ali alice alicia alina alisha alison allison alma alvaro alyssa amanda amara amelia amelie amina
amir amira amit amy ana anais anand anastasia anders andre andrea andreas andrei andres andrew andy angela angelica
angelina anika anil anita anja anjali ann anna annabel anne annette annie annika anthony antoine anton antonia antonio anya
aoife archie ariana ariel arjun arlo arnold arthur arturo arun asha ashley astrid asuka audrey august aurora austin ava ayaka ayesha
ayumi barbara bart beatrice beatriz becky bella ben benedict benjamin benny bernard bernadette bernd bert bertha beth bethany
betty bianca bilal bjorn bob bobby boris brad bradley brandon brenda brendan brian bridget brigitte britta brittany bruce bruno bryan
caleb callum cameron camila camille carl carla carlos carmen carol carolina caroline cassandra catalina catherine cecilia cedric celia
celine cesar chandra charles charlie charlotte chen chiara chidi chloe chris christian christina christine christoph christopher
ciara cindy claire clara clarissa claude claudia clement clemens colin colleen connor conor constance cora corey craig cristina curtis
cynthia dagmar daisuke damian damien dan dana daniel daniela daniele danielle danny daphne darius darren dave david deborah deepak deepika
deirdre denis denise dennis derek desmond devon diana diane diego dieter dimitri dina dirk divya dmitri dmitry dolores dominic dominik dominique
donald donna dora doris dorothy doug douglas duncan dustin dylan eamon ed eddie edgar edith eduardo edward edwin eileen elaine elena eleanor
eleni elias elijah elin elisa elisabeth elise eliza elizabeth ella ellen ellie elliot elliott eloise elsa elvira emeka emil emilia emilie emilio emily emma
emmanuel enrique enzo eric erica erik erika erin ernest esme esperanza estelle esther ethan eugene eva evan eve evelyn
fabian fabio farah farid fatima fatou federico felicia felicity felipe felix ferdinand fernando filip filippo finn fiona florian floyd
francesca francesco francis francisco francois franz fred freddie frederic frederick freya frida friedrich fritz gabriel gabriela gabriella gabrielle gareth
gary gavin gemma genevieve geoff geoffrey george georgina gerald gerard gerda gertrude gianni gilbert gina giorgio giovanna giovanni giulia
giulio giuseppe gloria goran gordon graham greg gregory greta guido guillaume gustav gustavo gwen gwendolyn hakim hamza hana hanna hannah hans
haruka haruki harold harriet harry hasan hassan hazel heather hector hedwig heidi heinrich helen helena helene helga henri henrietta henrik henry herbert
herman hilda hilary hiro hiroshi holly homer howard hubert hugh hugo hussein ian ibrahim ida ignacio igor ilse imani imran ines ingrid irene irina
iris isaac isabel isabella isabelle isaiah ismail ivan ivana ivy jaan jackie jacob jacqueline jacques jaime jake jakob jamal james jamie jan jana jane
janet janice janine jared jarek jasmin jason javier jay jean jeanne jeff jeffrey jelena jen jenna jennifer jenny jens jeremiah jeremy jerome jerry jess
jesse jessica jesus jill jim jimena jimmy jin joachim joan joana joanna joanne joaquin jochen jodie joe joel joelle joey johan johann johanna johannes john
johnny jon jonah jonas jonathan joost jorge jose josef josefina joseph josephine josh joshua joyce juan juana juanita judith judy julia julian juliana julie
julien juliet julio julius jun jurgen justin justine kabir kai kamal karen karim karin karl karla karolina kasia kasper kate katarina katarzyna kate katerina
katharina katherine kathleen kathryn kathy katie katja katrin kavita kayla keiko keith kelly kelvin ken kenji kenneth kenny kerry kevin khaled khalid kiara
kieran kim kimberly kiran kirsten klara klaus krishna kristen kristin kristina krystyna krzysztof kurt kwame kyle kyra lakshmi lana lara larry lars laszlo laura lauren
laurence laurent layla lea leah leandro lee leila lena leo leon leona leonard leonardo leonie leroy leslie leticia levi lewis li liam lidia lila lilian
lillian lily lina linda lindsay lindsey linus lionel lisa lise liv livia liz lloyd logan lola lorenzo loretta lorraine lotte louis louisa louise luca lucas
lucia luciana lucie lucien lucy ludwig luigi luis luisa luka lukas luke luna luz lydia lynn mabel madeleine madeline madison mads magda magdalena maggie mahmoud
maisie maja malcolm malik manfred manuel manuela marc marcel marcela marcello marcia marco marcus margaret margarita margot marguerite maria mariam mariana
marianne marie marija marijke marilyn marina mario marion marisa marit marius marjorie marko markus marlene marta martha martin martina marvin mary maryam mateo
mateusz mathias mathilde mathieu matilda matt matteo matthew matthias maureen maurice mauricio mauro maxim maxime maximilian maya megan mehmet mei meera melanie melinda
melissa melvin mercedes meredith mia michael michal micheal michel michelle miguel mika mikael mike mikhail mila milan mildred milena miles milo mimi mina mira miranda
miriam mitchell miyuki mohamed mohammad mohammed moira molly mona monica monika monique morgan morris moses muhammad muriel mustafa myra nadia nadine nadja naomi
natalia natalie natasha nathan nathaniel neal ned neha neil nellie nelson nia niamh nicholas nick nicola nicolas nicole nigel nikita niklas niko nikola nikolai nils nina
nisha noah noel nora norbert norma norman odette olaf oleg olga oliver olivia olivier omar oscar oskar otto owen pablo paige pamela paola paolo pascal patricia
patrick patrik paul paula pauline paulo pavel pedro peggy penelope pete peter petr petra phil philip philipp philippa phillip phoebe pierre pieter pietro pilar piotr
pooja pradeep pranav preeti priya priyanka qasim quentin rachel rafael raj rajesh rakesh ralf ralph ramesh ramona randy raphael raquel rashid raul ravi raymond
rebecca regina reinhard rekha renata rene renee ricardo riccardo richard rick ricky rita roberta roberto robert robin rocio rodney rodrigo roger rohan roland rolf roman romeo
ron ronald rory rosa rosalie rosalind rosario rosie ross rowan roxanne roy ruben rudolf rudy rupert russell ruth ryan sabina sabine sabrina sadie sakura salim sally
salma salvador sam samantha samir samira samuel sana sandra sandro sandy sanjay santiago sara sarah sasha satoshi saul scott sean sebastian selena selma serena serge sergei
sergey sergio seth shane shannon sharon shaun shauna sheila shelly sherry shirin shirley shreya sibylle sidney siegfried sigrid silas silke silvia simon simona simone sina siobhan
sofia sofie solomon sonia sonja sophia sophie soren stacey stacy stan stanislav stanley stefan stefania stefano steffi stella stephan stephanie stephen steve steven stuart sultan
sunil suresh susan susana susanna susanne susie suzanne sven svetlana swati sybil sylvia tabitha takashi takumi tamara tamika tania tanya tara tariq tasha tatiana ted
teresa terrence terry tessa thea thelma theo theodor theodore theresa therese thomas tiago tiffany tilda tim timothy tina tobias toby todd tom tomas tomasz tommy toni tony
tracy travis trevor trish tristan trudy tyler uche ulrich ulrike umar ursula uwe valentina valeria valerie vanessa vera verena vernon veronica veronika vicki vicky victor victoria
vijay vikram viktor vincent vincenzo viola violeta virginie vivian viviana vlad vladimir walter wanda warren wei wendy wenjing werner wesley wilfred wilhelm william willem wolfgang
xavier ximena yara yasmin yasmine yolanda yosef youssef yuki yuko yuri yusuf yvette yvonne zach zachary zahra zainab zara zeynep zoe zuzanna
taylor casey riley avery quinn parker peyton reese skyler sawyer finley hayden emerson harley jada keisha latoya tyrone deshawn darnell kofi kwabena akua abena yaw yaa adwoa femi tunde bola yemi ngozi ifeoma obinna
chinedu chioma adaeze oluwaseun olumide temitope folake amaka kelechi nnamdi uzoma thabo sipho nomsa thandi thandiwe lindiwe zanele tendai farai wanjiru kamau njeri otieno achieng wambui mwangi makena jabari zuri
baraka amani rashida abebe selam tigist hiwot dawit yonas aster desta farhan faisal nasser omer tarek sami rami nabil karima latifa leyla noor nour hala rania dalia reem huda maha hind samer bashir idris yunus musa
haruna aminata mamadou ousmane moussa ibrahima mariama awa aissatou seydou keziah imogen tamsin freddy florence millicent beatrix cressida rufus barnaby alistair angus hamish fergus ewan rhys owain dafydd cerys
bronwyn carys ffion sian eoin cillian ronan declan padraig oisin saoirse aisling caoimhe grainne roisin orla eimear sinead maeve fintan conall darragh lachlan kylie bindi jarrah aroha tane hemi wiremu manaia leilani
keoni kalani malia noelani ravindra mahesh ganesh dinesh naveen manish nitin sachin rahul rohit vivek ajay sumit karthik arvind ashok sanjeev gopal hari mohan shiv radha sita gita lalita kamala savitri parvati
shanti usha sunita anuradha lata pallavi shweta jyoti nandini ishaan aarav vihaan advait aditya dev reyansh anaya diya saanvi aadhya riya tanvi meenakshi padma zainul farida nasreen shabnam tahira rukhsana bushra
saima kashif adnan junaid usman hamid shahid zubair sadia ming ling xiao jing hui yan hao yang yu xin ying qing zhen feng lin jie yong jiahui wenjie haoran yuxuan zihan minh linh thuy hoa trang huong duc tuan quang
hieu phuong thanh somchai siriporn nattapong kanya malee anong budi dewi putri agus bambang siti nurul rizal hafiz aminah aziz rodel jomar marites rowena hiroko yoko kazuko yumi akiko noriko sachiko michiko tomoko
naoko kenta shota daiki riku haruto sota yuto ren itsuki hinata yui mio hina kaito ryo ryota shinji koji kenichi masato makoto tetsuo jiho minjun seojun doyun jiwoo seoyeon minseo haeun jiyoon hyun sung-min ji-hoon
min-jun eun-ji soo-jin agnieszka malgorzata ewa dorota iwona beata grzegorz jacek wojciech pawel zbigniew ryszard leszek marek lukasz bartosz kamil ola gosia zofia zuzia hania basia jiri vaclav zdenek jaroslav jitka
lenka marketa tereza bohumil ondrej vojtech istvan zoltan gabor tibor attila ferenc janos sandor balint katalin zsuzsanna ildiko eszter reka dragan zoran milos nemanja jovana milica ljiljana snezana tihomir vesna
davor hrvoje ioana andreea mihai alexandru ionut catalin raluca vasile gheorghe dimitris giorgos yannis nikos kostas vasilis panagiotis stavros despina olena oksana taras bohdan mykola yulia yana svitlana lyudmila
galina tatyana valeriy vadim ruslan timur rustam aigul dinara bjarne mikkel rasmus jesper mette pernille signe freja asger thorbjorn solveig ragnhild sigurd gunnar halvor eirik torbjorn ingeborg ylva linnea ebba
axel hjalmar aino eero jukka pekka matti timo mikko antti ville kaisa paivi riitta sanna tuomas veikko anneke marieke sanne femke daan bram jeroen maarten wouter hendrik geert roos fleur lieke ulla heike antje
birgit gudrun hildegard irmgard uta frauke wiebke friederike holger detlef jorg lutz benoit thibault gaspard celestine delphine sylvie veronique odile solange mireille yannick loic gael maelle inaki gorka aitor
ainhoa nerea leire jordi montserrat nuria xavi oriol thiago joao joaquim rui nuno vasco duarte leonor mafalda matilde rafaela thais larissa jussara itzel citlali xochitl lupe guadalupe chucho pancho memo nacho paco
pepe concha chelo elif ayse fatma emine hatice murat emre burak cem deniz ozan tolga selin ece defne kerem onur avi moshe shlomo yael tamar shira rivka eitan itai omri gilad chaim ari ezra dariush kaveh arash
behrouz farhad nasrin parisa mahsa golnaz soraya laleh reza hossein`

// commonGivenNames are given names that are words, months or verbs too: at the start of
// a sentence they are names only with a second sign.
const commonGivenNames = `
amber angel art autumn bay bill blake bonnie brook brooke buddy carter chad chance charity chase chip clay cliff daisy dale dawn dean destiny dick
drew earl faith fern frank gene ginger glen grace grant gray guy harmony heath hope hunter ivory jack jade jasmine jasper jewel joy june justice
lance laurel mark mason max may melody mercy mike miles olive opal pat patience patty pearl penny pierce piper poppy ray rich rob robin rock rose
ruby rusty sage sandy savannah scarlett sierra skip sky skye sonny sterling storm sue summer sunny trinity violet wade will willow winter woody wren`

// places are countries, states, regions, oceans and large or much visited cities.
const places = `
afghanistan albania algeria andorra angola argentina armenia australia austria azerbaijan bahamas bahrain bangladesh barbados belarus belgium belize benin
bhutan bolivia bosnia botswana brazil brunei bulgaria burundi cambodia cameroon canada chad chile china colombia comoros congo costa_rica croatia cuba cyprus
czechia denmark djibouti dominica ecuador egypt el_salvador england eritrea estonia ethiopia fiji finland france gabon gambia germany ghana greece greenland grenada
guatemala guinea guyana haiti holland honduras hungary iceland india indonesia iran iraq ireland israel italy ivory_coast jamaica japan kazakhstan kenya kosovo
kuwait kyrgyzstan laos latvia lebanon lesotho liberia libya liechtenstein lithuania luxembourg madagascar malawi malaysia maldives mali malta mauritania mauritius
mexico moldova monaco mongolia montenegro morocco mozambique myanmar namibia nepal netherlands new_zealand nicaragua niger nigeria north_korea north_macedonia norway oman
pakistan palestine panama papua_new_guinea paraguay peru philippines poland portugal puerto_rico qatar romania russia rwanda samoa san_marino saudi_arabia scotland senegal serbia
seychelles sierra_leone singapore slovakia slovenia somalia south_africa south_korea south_sudan spain sri_lanka sudan suriname sweden switzerland syria taiwan tajikistan
tanzania thailand tibet togo tonga trinidad tunisia turkmenistan uganda ukraine united_arab_emirates united_kingdom united_states uruguay uzbekistan vatican venezuela vietnam wales
yemen zambia zimbabwe great_britain britain czech_republic dominican_republic northern_ireland usa uk uae
united_states_of_america africa asia europe antarctica america south_america north_america central_america latin_america middle_east scandinavia caribbean balkans mediterranean atlantic pacific
alps himalayas andes pyrenees rockies sahara siberia bavaria catalonia andalusia tuscany sicily sardinia provence normandy brittany_coast crete corsica cornwall devon_coast yorkshire kent essex sussex
alabama alaska arizona arkansas california colorado connecticut delaware florida hawaii idaho illinois indiana iowa kansas kentucky louisiana maine maryland
massachusetts michigan minnesota mississippi missouri montana nebraska nevada new_hampshire new_jersey new_mexico new_york new_york_city north_carolina north_dakota ohio oklahoma oregon
pennsylvania rhode_island south_carolina south_dakota tennessee texas utah vermont west_virginia wisconsin wyoming washington_dc
ontario quebec alberta manitoba saskatchewan nova_scotia british_columbia queensland tasmania new_south_wales
aachen aarhus aberdeen abu_dhabi abuja accra adelaide alexandria_city algiers amman amsterdam ankara antalya antwerp asheville athens atlanta auckland austin baghdad baku bali baltimore
bangalore bangkok barcelona basel beijing beirut belfast belgrade bergen berlin bern bilbao birmingham bogota bologna bombay bonn bordeaux boston boulder brasilia bratislava bremen brighton brisbane
bristol brooklyn bruges brussels bucharest budapest buenos_aires buffalo cairo calcutta calgary cambridge canberra cancun cannes cape_town caracas cardiff casablanca charleston chennai chengdu chicago
cincinnati cleveland cologne columbus copenhagen cordoba cusco dakar dallas damascus delhi denver detroit dhaka doha dresden dubai dublin dubrovnik durban dusseldorf edinburgh edmonton eindhoven
essen exeter florence frankfurt fukuoka gdansk geneva genoa ghent gibraltar glasgow gothenburg granada graz guadalajara guangzhou hague hamburg hanoi hanover harlem havana heidelberg helsinki
hiroshima_city ho_chi_minh_city hollywood hong_kong honolulu houston hyderabad ibiza indianapolis innsbruck istanbul izmir jacksonville jakarta jeddah jerusalem johannesburg kabul kampala karachi kathmandu
kiev kyiv kingston krakow kuala_lumpur kyoto lagos lahore las_vegas vegas lausanne leeds leicester leipzig lille lima linz lisbon liverpool ljubljana lodz london los_angeles louisville luanda lucerne
lviv lyon madrid malaga malmo managua manchester manhattan manila marrakech marrakesh marseille medellin melbourne memphis miami milan milwaukee minneapolis minsk mombasa montevideo montreal moscow
mumbai munich nagoya nairobi nantes naples nashville newcastle new_delhi new_orleans nottingham nuremberg oakland odessa osaka oslo ottawa oxford palermo palo_alto paris perth philadelphia
pittsburgh porto portland portsmouth poznan prague pretoria quito reykjavik riga rio rio_de_janeiro riyadh rome rotterdam sacramento salt_lake_city salzburg san_antonio san_diego san_francisco san_jose
san_juan santa_barbara santa_fe santa_monica santorini sao_paulo sapporo sarajevo savannah_city seattle seoul seville shanghai sheffield shenzhen skopje sofia_city southampton st_louis stockholm strasbourg stuttgart
surabaya sydney taipei tallinn tampa tangier tbilisi tehran tel_aviv thessaloniki tijuana tirana tokyo toledo toronto toulouse trieste tripoli tucson tulsa tunis turin ulaanbaatar utrecht valencia valparaiso
vancouver varanasi venice verona vienna vilnius vladivostok warsaw wellington wroclaw wuhan yerevan yokohama york zagreb zanzibar zurich
albany anchorage annapolis ann_arbor baton_rouge berkeley_city boise burlington chattanooga cheyenne dayton des_moines duluth durham el_paso eugene_city fargo fort_worth fresno galveston grand_rapids harrisburg hartford
knoxville lexington little_rock madison_city milwaukie newark norfolk_city omaha pasadena pensacola raleigh reno rochester roanoke santa_cruz scottsdale spokane springfield st_petersburg st_paul syracuse tacoma tallahassee toledo_city topeka trenton tulsa_city
halifax hamilton_city kelowna kitchener london_ontario moncton regina saskatoon st_john's winnipeg whistler banff cairns canberra_city darwin geelong gold_coast hobart newcastle_upon_tyne townsville christchurch dunedin queenstown rotorua
barnsley blackpool bolton bournemouth bradford canterbury carlisle cheltenham chester colchester coventry derby doncaster dover dundee durham_city eastbourne galway gloucester guildford hereford huddersfield inverness ipswich
limerick luton maidstone middlesbrough milton_keynes northampton norwich peterborough plymouth preston rochdale salford salisbury scarborough shrewsbury stirling stoke-on-trent stratford sunderland swansea swindon taunton torquay wakefield warwick waterford whitby wigan wolverhampton worcester wrexham
avignon biarritz dijon grenoble le_havre montpellier nancy_city nice_city orleans reims rennes rouen saint-malo versailles annecy chamonix alicante almeria bilbao_city burgos cadiz gijon girona las_palmas marbella murcia oviedo
pamplona salamanca san_sebastian santander santiago_de_compostela segovia tarragona tenerife mallorca menorca vigo zaragoza braga coimbra evora faro funchal madeira azores sintra bari bergamo bolzano brescia cagliari catania como ferrara
lecce lucca modena padua parma perugia pisa ravenna rimini siena sorrento syracuse_sicily amalfi capri positano treviso udine verona_city vicenza augsburg bamberg bielefeld bochum braunschweig chemnitz darmstadt dortmund duisburg erfurt freiburg
gottingen halle kaiserslautern karlsruhe kassel kiel koblenz konstanz lubeck magdeburg mainz mannheim munster oldenburg osnabruck passau potsdam regensburg rostock saarbrucken trier tubingen ulm weimar wiesbaden wolfsburg wuppertal wurzburg
bregenz klagenfurt salzkammergut villach lugano lucerne_city st_gallen winterthur zermatt davos aalborg odense esbjerg malmo_city uppsala lund orebro linkoping stavanger trondheim tromso bodo espoo tampere turku oulu rovaniemi
arnhem breda delft groningen haarlem leiden maastricht nijmegen the_hague tilburg leuven liege mechelen namur ostend brno ostrava olomouc plzen kosice gdynia katowice lublin szczecin torun zakopane debrecen pecs szeged brasov
cluj constanta iasi sibiu timisoara plovdiv varna burgas nis novi_sad split_city zadar mostar kotor ohrid patras heraklion rhodes corfu mykonos bodrum cappadocia konya trabzon batumi odesa kharkiv dnipro minsk_city kazan sochi
novosibirsk yekaterinburg almaty astana tashkent samarkand bukhara bishkek dushanbe ashgabat agra ahmedabad amritsar bhopal chandigarh coimbatore goa gurgaon indore jaipur kanpur kerala kochi kolkata lucknow mysore nagpur
noida pondicherry pune rajasthan shimla surat udaipur chittagong colombo galle kandy pokhara thimphu lhasa chiang_mai phuket pattaya krabi ayutthaya siem_reap phnom_penh vientiane luang_prabang da_nang hoi_an hue saigon yangon
mandalay penang malacca johor langkawi bandung yogyakarta lombok ubud cebu davao boracay palawan busan incheon daegu jeju gyeongju hakodate kanazawa kobe kumamoto nagano nagasaki naha nara nikko okinawa sendai shizuoka
chongqing dalian guilin hangzhou harbin kunming lijiang macau nanjing ningbo qingdao suzhou tianjin xiamen xi'an kaohsiung taichung tainan abidjan accra_city arusha asmara bamako benghazi blantyre bulawayo conakry cotonou dar_es_salaam
djibouti_city dodoma entebbe fes freetown harare ibadan kano khartoum kigali kinshasa kumasi libreville lome lusaka maputo maseru mogadishu monrovia ndjamena niamey nouakchott ouagadougou pretoria_city rabat soweto stellenbosch
windhoek yaounde zomba luxor aswan giza hurghada sharm_el_sheikh petra_city aqaba haifa jaffa nazareth bethlehem eilat muscat manama dammam mecca medina basra erbil mosul tabriz isfahan shiraz mashhad
acapulco merida monterrey oaxaca puebla queretaro san_miguel tulum veracruz antigua_guatemala tegucigalpa san_salvador managua_city panama_city cartagena cali barranquilla guayaquil cuenca arequipa la_paz santa_cruz_de_la_sierra sucre
asuncion rosario_city mendoza bariloche ushuaia patagonia punta_arenas valdivia montevideo_city belo_horizonte curitiba florianopolis fortaleza manaus porto_alegre recife salvador_city bahia brasilia_city kingston_city nassau bridgetown
port-au-prince santo_domingo punta_cana varadero
bronx queens silicon_valley wall_street times_square central_park grand_canyon yellowstone yosemite niagara_falls mount_everest everest kilimanjaro eiffel_tower big_ben machu_picchu
disneyland disney_world legoland taj_mahal colosseum louvre golden_gate_bridge statue_of_liberty`

// commonPlaces are places that are words or names of people too.
const commonPlaces = `georgia jordan turkey nice reading bath mobile orange phoenix lincoln jackson washington virginia charlotte sofia victoria san_jose
chelsea hull cork split essen tours deal buffalo providence richmond`

// organisations are much named companies, institutions and newspapers.
const organisations = `
adidas airbnb airbus alibaba allianz amazon amd amnesty_international aol at&t barclays basf bayer bbc best_buy bloomberg bmw_group boeing bp bosch burger_king cia cisco citibank citigroup cnn coca-cola costco
deloitte delta_airlines deutsche_bahn dhl disney doordash dropbox ebay ericsson etsy eu european_union exxon facebook fbi fedex fifa ge general_electric general_motors goldman_sachs google
greenpeace h&m hilton hp hsbc hulu ibm ikea imf instagram intel interpol jpmorgan kfc kpmg lidl linkedin lockheed lufthansa lyft marriott mckinsey mcdonald's mcdonalds meta microsoft
morgan_stanley nasa nato nestle netflix new_york_times nfl nba nhs nike nintendo nokia novartis nvidia oecd openai oracle oxfam paypal pepsi pepsico pfizer pinterest procter_&_gamble pwc qualcomm
red_cross reddit reuters roche rolls-royce ryanair easyjet salesforce samsung_electronics sap siemens shopify slack_technologies snapchat softbank spacex spotify starbucks stripe tencent tesco tesla tiktok toshiba twitter
uber ubs un unesco unicef unilever united_nations united_airlines ups usps verizon visa_inc vodafone volkswagen_group walmart washington_post wells_fargo whole_foods who_europe wikipedia world_bank world_health_organization
yahoo youtube zara zoom_video imperial_college mit caltech ucla nyu stanford harvard yale princeton berkeley eth_zurich`

// commonOrganisations are organisations named after words.
const commonOrganisations = `apple target shell gap boots orange delta costa visa`

// otherNames are things with names: languages, peoples, products, games, holidays, works.
const otherNames = `
english french german spanish italian portuguese dutch danish swedish norwegian finnish polish russian ukrainian czech hungarian romanian greek turkish arabic hebrew persian farsi hindi urdu bengali
tamil punjabi chinese mandarin cantonese japanese korean vietnamese thai indonesian malay tagalog swahili latin american british canadian australian irish scottish welsh mexican brazilian indian pakistani african
asian european swiss austrian belgian egyptian moroccan lebanese syrian israeli iranian iraqi nigerian kenyan ethiopian cuban colombian peruvian argentinian filipino
christian muslim jewish buddhist hindu catholic christmas easter halloween hanukkah ramadan diwali thanksgiving oktoberfest new_year new_year's_eve black_friday valentine's_day mother's_day secret_santa santa nobel_prize olympics world_cup super_bowl
android ios iphone ipad macbook imac airpods windows linux ubuntu debian macos xbox playstation kindle alexa siri chatgpt gmail whatsapp facetime telegram_app discord skype netflix_app photoshop powerpoint
python java javascript typescript golang rust haskell kotlin perl php postgres postgresql mysql sqlite mongodb redis docker kubernetes github gitlab node.js react angular django numpy pandas
toyota honda nissan mazda subaru hyundai kia volvo volkswagen bmw audi porsche ferrari lego monopoly scrabble catan minecraft fortnite tetris pokemon zelda mario_kart stardew_valley
bible koran quran titanic shakespeare beatles star_wars harry_potter lord_of_the_rings game_of_thrones netflix_party wi-fi bluetooth bitcoin ethereum covid`

// commonOtherNames are such names that are words too.
const commonOtherNames = `swift go word excel teams outlook slack zoom polish slack word`

// software are names that a version number may follow.
const software = `
python java javascript typescript golang go rust kotlin perl php ruby node node.js postgres postgresql mysql sqlite mongodb redis docker kubernetes react angular django numpy pandas ubuntu debian android ios macos
windows swift chrome firefox safari c++ openssl gcc clang`

const organisationTails = `
inc ltd llc plc gmbh ag corp corporation company co group holdings partners labs laboratories technologies systems solutions software logistics airlines airways university college institute academy school
hospital clinic bank insurance foundation association society council committee agency ministry department diner deli grill pizzeria bistro analytics dynamics robotics networks energy foods financial communications entertainment bakery cafe restaurant hotel pharmacy press media studio studios records motors pharmaceuticals industries
enterprises consulting fc traders brothers bookstore brewery supermarket museum gallery library theatre theater church club union federation organization organisation initiative network ventures capital realty`

// organisationHeads start a name that goes on with "of".
const organisationHeads = `
university bank ministry department church college institute museum academy school board bureau house society association league order court office council federation organization organisation faculty hospital`

const placeTails = `
street st avenue ave road rd lane drive boulevard blvd park lake river mountain mountains valley beach bay island islands bridge square station airport harbour harbor forest falls canyon desert castle
palace cathedral county district village hill hills heights plaza tower garden gardens zoo ocean sea coast creek canal peninsula terminal mall mill inn pub lodge farm ranch resort campground trail pier reservoir glacier`

const placeHeads = `old lake mount cape fort port san santa los las el saint st north south east west new isle bay gulf city republic river`

const titles = `mr mrs ms miss mx dr prof professor sir dame lord lady captain capt colonel col sergeant sgt lieutenant lt president senator judge
rabbi father pastor sheikh king queen prince princess pope saint principal officer detective nurse coach chef doctor herr frau monsieur madame senor senora don`

const kin = `mom mum mommy mummy dad daddy papa mama mother father grandma grandpa granny nana grandmother grandfather aunt auntie uncle cousin sister brother sis bro son daughter
nephew niece wife husband`

const calendar = `mondays tuesdays wednesdays thursdays fridays saturdays sundays monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun
january february march april june july august september october november december jan feb mar apr jun jul aug sept sep oct nov dec may
spring autumn fall winter am pm gmt utc est pst cet`

const months = `january february march april may june july august september october november december jan feb mar apr jun jul aug sept sep oct nov dec`

// starters are words that stand with a capital because a sentence starts: function words,
// the verbs of requests, and what people open a message with. Never names by themselves.
const starters = `
a about above absolutely according across actually add adjust after afterwards again ago agree agreed ah aim all allow almost alone along already alright also although always am amazing among an and another any anybody anyone
anything anyway anyways apart apparently apply are aren't around as aside ask asked assume at avoid aw awesome aww back bad based basically be because become been before begin behind being believe below besides best better between
beyond big bit both break bring brought build but buy bye by call called came can cannot can't careful change check choose clearly click close cold come comes coming common compare congrats congratulations consider contact continue cook
cool copy correct could couldn't count create currently cut daily damn date day days dear decide define definitely depending describe despite did didn't different do does doesn't doing don't done double down draft
drink drop due during each early easy eat either else email end enjoy enough ensure especially establish eventually ever every everybody everyone everything everywhere exactly examine example excellent except excited excuse expect explain
explore extra fair family fantastic far fast favorite favourite feel feels felt few final finally find fine finished first five focus follow following food for forget forward found four free fresh
friend friends from full fun funny further game gave generally get gets getting give given glad go god goes going gone gonna good goodbye goodnight got gotta grab great group guess guys
ha had haha hahaha half hang happened happy hard hardly has hasn't hate have haven't having he hear heard hell hello help her here hers hey hi high him his hmm hold home honest
hope hopefully hot how however huge i idea identify if i'd i'll i'm imagine important in include indeed inside install instead interesting into invite is isn't it its i've join just keep key kids kind
know knows lady last late lately later learn least leave left less let lets life like limit list listen literally little live lol long look looking looks lost lots love loved lovely low luckily lunch
made main make makes making many match maybe me mean meanwhile measure meet message met might mine mom monitor more moreover morning most mostly move much music must my myself name near nearly need needs neither never
nevertheless new news next nice night no nobody none nope nor normally not note nothing now nowadays obviously of off offer often oh ok okay old omg on once one online only oops open or order other others otherwise
ouch our ours out outside over overall own pack parent part party pay people perfect perhaps personally phone pick plan planning play please plus poor post prepare pretty previously print probably project provide pull push put
question quick quickly quit quite quote raise rather read reading ready real really reason recently recommend register remember remind remove reply report request research rest right ring run sad said same save say saw says see
seems seen sell send seriously set seven several share she should shouldn't show shut similar simple simply since sincerely sit six sleep slow small so some somebody somehow someone something sometimes somewhere soon sorry sort sounds
speak spend spent start started stay step still stop store straight study stuff such suddenly super support suppose sure surely take taken takes talk tbh team tell ten test text than thank thankfully thanks that the their
theirs them then there therefore these they thing things think third this those though thought three through throughout thus time times tip tired to today together told tomorrow tonight too took total totally touch tough tried trip
true trust truth try turn turns tv twelve twenty two ugh uh um under understand unfortunately unless unlike until up update upon us use used useful usually various very via visit visited wait wake walk want wanted was
wash wasn't watch watched way we wear weather week weekend welcome well went were weren't we've what whatever when whenever where whereas wherever whether which while who whoever whole whom whose why wife will wish
with within without woke woman won't wonderful wondering work works worse worst worth would wouldn't wow write wrong yay yeah year yep yes yesterday yet yo you your you're yours yourself yup zero
click note tip warning summary overview introduction conclusion background goal goals step steps option options pros cons ingredients instructions features benefits budget budgeting total dinner breakfast coffee traffic money rent
school mistakes nobody honestly frankly personally eight nine eleven hundred thousand million thirty forty fifty edit delete press select type enter download upload closes fixes fixed resolves best regards kind cheers yours credit
feeling office interest sales notes attendance docs tag mail emergency invoice flight tracking flights posted commit reach roll`

// shouts are words in capitals that name nothing: chat, units, everyday abbreviations.
const shouts = `omg lol lmao rofl wtf brb btw imo imho fyi asap idk idc tbh tldr diy ok tv dvd cd pm am ad bc rsvp aka eta faq pdf ceo cto cfo hr it id ps nb vip ac dc pc dj mc bbq atm gps usb url html css json xml api sdk sql
cpu gpu ram rom ssd hdd led lcd http https ssh tcp udp ip dns vpn ui ux qa kpi roi po box isbn tba tbd nope yes no hi hey wow ugh yay xoxo smh irl dm dms jk gg np ty thx pls plz xl xxl sos todo fixme null true false get post put readme ai ml`
