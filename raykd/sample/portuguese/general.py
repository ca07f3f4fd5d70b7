"""Portuguese encyclopaedia-like prose.

A {name} brings its article; it never follows "a", "de", "em" or "por", which contract with it.
"""

from raykd.sample.language import GeneralPatterns, subject
from raykd.sample.templates import words

WORDS = {
    "year": words("17{digits} | 18{digits} | 19{digits} | 16{digits} | 15{digits} | 1{few}{digits}"),
    "when": words(
        "em {year} | em {year} | por volta de {year} | na década de 18{decade} | no fim do século {century}"
        " | no século {century} | na primavera de 19{digits}"
    ),
    "century": words("XIV | XV | XVI | XVII | XVIII | XIX"),
    "digits": tuple(f"{number:02}" for number in range(3, 98, 2)),
    "decade": words("20 | 30 | 40 | 50 | 60 | 70 | 80 | 90"),
    "few": words("4 | 5 | 6 | 7 | 8 | 9"),
    "number": words("{few}{digits} | 1.{digits}0 | {few}.{digits}5 | {few}{few} | 1{digits} | 2{digits}"),
    "person": words("{first} {last} | {first} {last} | {first} de {town} | {first} {last} e {last}"),
    "first": words(
        "Adélia | Bruno | Clara | Duarte | Helena | Fernão | Graça | Hugo | Inês | Joaquim | Catarina | Lourenço"
        " | Mira | Nuno | Olga | Paulo | Quitéria | Rosa | Samuel | Teresa | Ulisses | Vera | Gonçalo | Xavier"
    ),
    "last": words("{head}es | {head}eira | {head}eiro | {head}ado | {head}inho | da {head}a | {head}ão"),
    "town": words(
        "{head}ília | {head}eda | {head}osa | São {head}ino | {head}inha | {head}ejo do Rio | {head}anca | {head}al"
    ),
    "head": words(
        "Alm | Barr | Cord | Delg | Esp | Font | Gar | Herm | Igr | Jard | Lam | Mor | Nav | Oliv | Palm | Ros"
        " | Salg | Torr | Urb | Vald | Zamb | Bren | Lind | Quint | Cer | Mel"
    ),
    "region": words(
        "nas serras do norte | no vale inferior | nos pântanos do oeste | na antiga província de {town}"
        " | nas planícies do leste | no arquipélago do sul | na região dos lagos | na fronteira | no delta"
        " | nos montes de {town}"
    ),
    "season": words(
        "na primavera | no verão | no outono | no inverno | na estação seca | na época das chuvas | na colheita"
    ),
    "share": words("metade | quase um terço | a maior parte | um quarto | uma pequena parte | a maioria"),
}

SUBJECTS = {
    "animals": subject(
        "name | kind | place | food | part",
        """
        a píton | uma serpente | florestas; pântanos | ratos; aves; veados pequenos | as mandíbulas; as escamas
        o leão | um felino | savanas; campos secos | antílopes; zebras | a juba; as garras
        o urso-pardo | um urso | matas de montanha; tundras | bagas; salmões; raízes | o pelo; as patas
        o pinguim-imperador | uma ave | mares de gelo; costas frias | peixes; lulas | as penas; as nadadeiras
        a abelha | um inseto | prados; pomares | néctar; pólen | as asas; o ferrão
        o besouro | um inseto | carvalhais; jardins velhos | seiva; madeira podre | as mandíbulas; os élitros
        o caracol | um molusco | jardins; sebes | folhas; fungos | a concha; o pé
        o camundongo | um roedor | celeiros; campos | sementes; grãos | a cauda; os bigodes
        o lobo-cinzento | um canídeo | pinhais; estepes | veados; javalis; lebres | o pelo; os dentes
        a tartaruga-marinha | um réptil | mares quentes; praias | águas-vivas; algas | o casco; o bico
        o camelo | um ungulado | desertos; estepes secas | arbustos; capim | a corcova; os cílios
        a onça | um felino | matas; beiras de rio | capivaras; peixes | a pelagem; as garras
        a aranha tecedeira | um aracnídeo | jardins; clareiras | moscas; mariposas | a linha de seda; a rede
        o tucano | uma ave | matas úmidas; palmeirais | frutos; ovos | o bico; as penas
        """,
        """
        {name} é {kind} que vive em {place}.
        {name} come sobretudo {food} e, {season}, também {food}.
        Caça à noite em {place} e descansa de dia.
        Um viajante escreveu {when} com espanto sobre {part}.
        {person} foi quem primeiro descreveu {part}, {when}.
        Depois de {year}, {region}, sumiu {share} dos animais.
        A fêmea tem {few} filhotes {season}.
        Nos contos de {town}, {name} é símbolo de paciência.
        Sem {place} não há {food}, seu alimento preferido.
        Um zoológico de {town} cria estes animais desde {year}.
        Os adultos vivem {few} anos; o mais velho, em {town}, chegou aos 1{few}.
        """,
    ),
    "places": subject(
        "name | kind | feature | trade",
        """
        Java | ilha | os vulcões; os arrozais; as plantações de chá | café; chá; arroz
        Lisboa | cidade | as colinas; o porto; os azulejos | vinho; azeite; especiarias
        Atacama | região | os salares; os vales secos; os gêiseres | cobre; salitre
        Creta | ilha | as gargantas; os olivais; os palácios | azeite; vinho; mel
        Ouro Preto | cidade | as igrejas; as ladeiras; as minas | ouro; pedras; café
        Olinda | cidade | as ladeiras; os conventos; o carnaval | açúcar; algodão
        Islândia | ilha | os gêiseres; os campos de lava; os fiordes | peixe; lã; alumínio
        Samarcanda | cidade | as cúpulas azuis; os bazares; o observatório | seda; papel; melões
        Veneza | cidade | os canais; os palácios; cada janela de vidro | vidro; especiarias; seda
        Salvador | cidade | as igrejas; a porta do forte; o mercado | cacau; açúcar; dendê
        Marajó | ilha | os campos alagados; os búfalos; as praias de rio | queijo; couro; peixe
        Delfos | cidade | o oráculo; o teatro; o estádio | azeite; lã
        Moçambique | ilha | a fortaleza; as casas de coral; o cais | marfim; panos; especiarias
        """,
        """
        {name} é uma {kind} conhecida por sua paisagem: {feature}.
        Durante séculos {name} viveu do comércio de {trade} e {trade}.
        A {kind} fica a {number} quilômetros de {town}.
        {person} viajou pela {kind} {when} e escreveu sobre {feature}.
        Das {number} aldeias, {share} produz {trade}.
        {season} muitos visitantes chegam para ver {feature}.
        {when} os mercadores de {town} compravam aqui {trade}.
        Os mapas de {year} já mostram {feature}.
        Uma enchente destruiu {when} a ponte de {town}.
        O terminal das balsas abriu em 19{digits} e recebe {number} passageiros por dia.
        O povo de {town} chama a {kind} de mãe.
        """,
    ),
    "history": subject(
        "name | actor | cause | outcome",
        """
        a Guerra do Sal | os mineiros; os mercadores | o imposto; a estrada fechada | um pedágio justo; um foral
        a Liga das Cidades | os grêmios; os prefeitos | a pirataria; os pedágios | o livre comércio; um tribunal
        a Revolta Camponesa | os lavradores; os nobres | a fome; o trabalho forçado | leis mais brandas; ruínas
        o Grande Incêndio | os moradores; os padeiros | o forno; a seca do verão | casas de pedra; ruas largas
        o Longo Cerco | os soldados; as freiras | o tratado rompido; a herança | uma trégua; muralhas em ruínas
        a Era da Ferrovia | os engenheiros; os banqueiros | o carvão; o ferro barato | viagens rápidas; bairros novos
        a Greve dos Teares | os tecelões; os patrões | a baixa dos salários; as máquinas | um sindicato; folgas
        a Segunda Dinastia | os escribas; os generais | as cheias; a intriga no palácio | outra capital; um calendário
        a Idade da Vela | os capitães; os carpinteiros | as especiarias; os mapas | colônias; guerras no mar
        o Conselho dos Anciãos | os anciãos; os sacerdotes | a seca; o presságio | leis escritas; uma classe de juízes
        """,
        """
        {name} começou {when}; a origem foi esta: {cause}.
        {actor} e {actor} brigavam sobre {cause}.
        Em {year}, {region}, {share} das casas estava vazia.
        Depois de {number} dias, {actor} chegaram enfim até {town}.
        {name} terminou {when} e trouxe {outcome}.
        {person} tomou a frente e mais tarde ganhou um túmulo em {town}.
        Para historiadores como {person}, {cause} pesou mais que tudo.
        Uma crônica de {year} conta como {actor} cruzaram o rio perto de {town}.
        As cartas de {person} falam com detalhes sobre {cause}.
        Deixou {outcome}, algo que durou até {year}.
        Um museu de {town} guarda {number} objetos daqueles anos.
        """,
    ),
    "food": subject(
        "name | base | spice | dish",
        """
        o pão de centeio | farinha; fermento natural | cominho; sal | sopa; arenque
        a feijoada | feijão preto; carne de porco | louro; alho | couve; farofa
        o goulash | carne; cebola | páprica; manjerona | bolinhos; macarrão
        a moqueca | peixe; leite de coco | dendê; coentro | pirão; arroz
        o café de Java | grãos torrados; água quente | cardamomo; canela | bolo; banana frita
        a folha de couve recheada | couve; arroz | hortelã; alho | coalhada; pão
        o cuscuz | milho; vapor | sal; coentro | ovos; carne de sol
        a pilha de panquecas | farinha; leite | canela; baunilha | mel; creme
        o pão de queijo | polvilho; queijo | sal; erva-doce | café; goiabada
        o caldo verde | batata; couve | alho; azeite | chouriço; broa
        o vatapá | pão; amendoim | dendê; gengibre | camarão; acarajé
        """,
        """
        {name} leva {base} e o tempero é {spice}.
        Há quem junte {spice}, {region}, e sirva com {dish}.
        Uma receita de {year} pede {number} gramas de {base}.
        Come-se {season}, quase sempre com {dish}.
        {person} abriu em {town} uma cozinha onde {name} atraía meia cidade.
        Em {town}, {share} das famílias ainda faz {name} em casa.
        Deixa-se descansar {few} horas antes de juntar {spice}.
        {when} um livro de receitas de {town} elogiava {name} com {dish}.
        Sem {spice}, dizem em {town}, o sabor não é o mesmo.
        Os mercadores levaram {spice} até {town} {when}.
        """,
    ),
    "music": subject(
        "name | part | player | piece",
        """
        o violino | o arco; o cavalete; a corda grave | os solistas; as orquestras | concertos; danças
        o alaúde | o braço; as cravelhas | os trovadores; os músicos da corte | canções; pavanas
        o órgão | os tubos; os pedais; os foles | os organistas; os monges | fugas; hinos
        o trompete | os pistões; a campana | os arautos; os músicos de jazz | fanfarras; marchas
        o búzio | a espira; a abertura | os sacerdotes; os pescadores | chamados; toques de templo
        a viola caipira | a caixa; as dez cordas | os violeiros; os peões | modas; toadas
        a harpa | a moldura; os pedais | os bardos; as damas | baladas; lamentos
        a sanfona | o fole; as teclas | os sanfoneiros; os marinheiros | baiões; valsas
        a guitarra portuguesa | a caixa; as cravelhas | os fadistas; os mestres | fados; guitarradas
        o berimbau | a verga; a cabaça | os mestres; os capoeiristas | toques; ladainhas
        """,
        """
        {name} se ouve {region} desde {year}.
        Com este instrumento {player} tocam {piece} e {piece}, conta {person}.
        {when} {person} aperfeiçoou {part}.
        {person} levou {few} meses para construir {part}.
        {person} compôs {number} {piece}.
        {season} {player} se reúnem em {town} para um festival.
        O som depende muito de como se trata {part}, dizem em {town}.
        Em {town}, {player} aprendiam {piece} de ouvido.
        Destas obras, {share} saiu impressa {when}.
        O museu de {town} conserva um instrumento antigo, obra de {person}.
        """,
    ),
    "sport": subject(
        "name | tool | place | move",
        """
        o remo | um remo; um barco | um lago; um canal | a remada; a arrancada
        a esgrima | um florete; uma máscara | uma sala; um pátio | a estocada; a parada
        o futebol | uma bola; um apito; uma rede | um campo; um estádio | o passe; o drible
        o salto de esqui | um par de esquis; um capacete | uma colina; uma torre | o voo; o pouso
        o tiro com arco | um arco; uma flecha | um prado; um castelo | o disparo; a puxada
        a natação | uma touca; um par de óculos | uma piscina; uma baía | a virada; a braçada
        o ciclismo | uma roda; uma corrente | uma pista; uma serra | a fuga; o ataque
        o xadrez | um tabuleiro; um relógio | um clube; um café | a abertura; o sacrifício
        a capoeira | um berimbau; uma calça branca | uma roda; uma praça | a ginga; a rasteira
        a vela | uma vela; um leme; um laço de corda | uma baía; um porto | a cambada; a virada
        """,
        """
        {name} se pratica em {place} e é preciso {tool}.
        O primeiro torneio aconteceu em {town} {when}.
        O equipamento, com {tool}, pesa cerca de {number} gramas.
        {person} ganhou {few} medalhas e dominava como ninguém {move}.
        Quem escreveu as regras sobre {move} foi {person}, {when}.
        {region}, {share} das escolas ensina {move}.
        {season} {number} atletas treinam em {town}.
        Quem começa aprende {move} antes de usar {tool}.
        Em {town} há {place} para {number} espectadores.
        Uma classe de {number} alunos de {town} participou {when}.
        """,
    ),
    "belief": subject(
        "name | person_of | house | rite | symbol",
        """
        o budismo | os monges; as monjas | um templo; um pagode | o canto; a esmola | uma flor de lótus; uma roda
        o cristianismo | os padres; os diáconos | uma catedral; uma capela | o batismo; a missa | uma cruz; um círio
        o islã | os imãs; os peregrinos | uma mesquita; uma escola | a oração; o jejum | uma lua; uma fonte
        o judaísmo | os rabinos; os cantores | uma sinagoga | a leitura; a ceia | um rolo; uma lâmpada
        o candomblé | as mães de santo; os filhos de santo | um terreiro | a oferenda; a dança | um colar; um tambor
        o hinduísmo | os sacerdotes; os eremitas | um templo | a oferenda; a procissão | uma lâmpada; uma concha
        o culto de Apolo | as sacerdotisas; os peregrinos | um oráculo | o sacrifício; a profecia | uma folha de louro
        a velha fé do rio | os anciãos; os barqueiros | uma fonte | a procissão | um junco; uma linha
        """,
        """
        Para {name}, {house} é onde {person_of} se reúnem.
        O dia de festa começa com {rite} e termina diante de {symbol}.
        {person} ergueu em {town} {house} {when}.
        {person_of} levam {symbol} pelas ruas de {town}.
        {region}, {share} das pessoas segue {name}.
        Em {house} há sempre {symbol}, sinal de esperança.
        {person} descreveu {rite} num livro de {year}.
        Um visitante contou {number} fiéis junto à chave da porta maior, {when}.
        As crianças conhecem {rite} aos {few} anos.
        Sobre a porta, {symbol} lembra o que houve {when}.
        """,
    ),
    "weather": subject(
        "name | cause | effect | place",
        """
        a neblina | a água fria; as noites calmas | barcos com atraso; paredes úmidas | portos; vales
        a monção | os mares quentes; o calor da terra | cheias; boas colheitas | arrozais; vilas altas
        a geada | o céu limpo; o ar do norte | canos rompidos; flores de gelo | jardins; vinhedos
        o vento da serra | os passos altos; o ar que desce | dores de cabeça; degelos | vales; margens
        o furacão | os oceanos quentes; a baixa pressão | telhados partidos; ondas altas | ilhas; costas planas
        a seca | a falta de chuva; os ventos secos | poeira; más colheitas | sertões; planaltos
        a tempestade | o ar que sobe; o calor | granizo; incêndios | planícies; cumes
        a nevasca | as nuvens úmidas; as frentes frias | avalanches; estradas fechadas | aldeias de montanha; bosques
        """,
        """
        {name} tem duas causas: {cause} e {cause}.
        {season}, {name} é comum em {place}.
        O normal é que traga {effect} e {effect}.
        O duro inverno de {year} trouxe {effect} a {town}.
        {person} mediu em {town} a chuva e o vento desde {year}.
        {region}, {name} dura {few} semanas.
        Dos lavradores, {share} teme {effect}.
        Uma estação perto de {town} registrou {number} milímetros de chuva {when}.
        Os marinheiros conhecem bem {cause} e sabem o que isso anuncia.
        """,
    ),
    "daily life": subject(
        "name | part | maker | place",
        """
        a linha | o fuso; a lã; a tinta | as fiandeiras; os tintureiros | casas de campo; moinhos
        a corda | o cânhamo; a cera | os cordoeiros; os marinheiros | cordoarias; portos
        o terminal de bondes | o relógio; os bancos | os arquitetos; os condutores | bairros; praças
        a rede de dormir | o punho; a franja; o algodão | as rendeiras; os pescadores | varandas; feiras
        a janela de cores | o chumbo; o vidro | os vidreiros; os pintores | catedrais; prefeituras
        a porta de ferro | o trinco; a dobradiça | os ferreiros; os aprendizes | fazendas; cadeias
        a classe noturna | a carteira; a lousa | as professoras; os operários | escolas; bibliotecas
        a chave de bronze | o anel; os dentes | os chaveiros; os ferreiros | oficinas; mercados
        a tabela de marés | a coluna; a folha | os pilotos; os tipógrafos | faróis; capitanias
        a pilha de lenha | o tronco; a casca | os lenhadores; os carvoeiros | matas; quintais
        o laço de couro | a argola; a trança | os vaqueiros; os seleiros | currais; campos
        """,
        """
        {name} fez parte da vida diária, {region}, até {year}.
        Em {place}, {maker} trabalhavam junto com {maker}.
        O mais caro era {part}, que vinha de {town}.
        {when} {person} pintou {maker} em pleno trabalho.
        Em {town}, {share} dos oficiais tinha aprendido com {person}.
        {season} {maker} trabalhavam {few} horas por dia.
        Em {town} se guarda o exemplar mais antigo, segundo {person}.
        Em {town} viviam {when} {number} famílias do ofício.
        Uma lei de {year} fixou o preço.
        Em {place} ainda se cantam versos sobre {name}.
        Nos dias de feira a fila diante da oficina chegava até {town}.
        """,
    ),
}

GENERAL = GeneralPatterns(words=WORDS, subjects=SUBJECTS)
