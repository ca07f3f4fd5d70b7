"""Portuguese chat messages of customers to a company's service desk, and their like in a translator's words."""

from raykd.sample.language import MessagePatterns, Texts, from_constants
from raykd.sample.templates import lines, words


def _products(text: str) -> dict[str, Texts]:
    """Read products written with their article into {product}, {my} (with the possessive) and {of} (with "de")."""
    products = words(text)
    return {
        "product": tuple(product[2:] for product in products),
        "my": tuple(("meu" if product[0] == "o" else "minha") + product[1:] for product in products),
        "of": tuple("d" + product for product in products),
    }


# Problems have no participle and no adjective: they are said of products of either gender.
SECTORS = {
    "retail": {
        **_products(
            "a chaleira | a torradeira | o abajur | o casaco | o tênis | o tapete | o liquidificador | o sofá-cama"
            " | o moletom | a mochila | a panela de arroz | a cadeira de jardim | o fone | o jogo | a esteira"
        ),
        "service": words(
            "retirada na loja | entrega expressa | vale-presente | programa de pontos | montagem | garantia estendida"
        ),
        "problem": words(
            "veio no tamanho errado | veio sem um parafuso | chegou com um amassado | nunca chegou | cheira a plástico"
            " | quebrou em {few} dias | não bate com a foto | não liga"
        ),
        "task": words(
            "devolver {my} | trocar {my} por outro tamanho | mudar o endereço de entrega | pedir o reembolso {of}"
            " | usar {service} | rastrear minha encomenda | incluir mais um item no pedido"
        ),
        "detail": words("tamanho {few} | azul | cinza | G | cor carvalho | pedido {order} | duas unidades"),
    },
    "telecommunications": {
        **_products(
            "o roteador | o chip | o plano de dados | a fibra | o celular | o fixo | o modem | o pacote de roaming"
            " | o decodificador | o pré-pago | o e-sim | o repetidor"
        ),
        "service": words("portabilidade | caixa postal | siga-me | 5G | plano família | fatura em papel"),
        "problem": words(
            "vive caindo | está com a luz vermelha | não tem sinal desde {since} | está lento demais"
            " | aparece em dobro | come todos os meus dados | diz sem serviço | reinicia a cada {few} minutos"
        ),
        "task": words(
            "portar meu número | cancelar {my} | ativar {my} | desbloquear meu aparelho"
            " | levar {my} pro apê novo | tirar {service} | trocar {my} por algo melhor"
        ),
        "detail": words("meu número é 555-01{two} | o pin é 0000 | na cozinha | pré | o de {few} giga | só o chip"),
    },
    "finance": {
        **_products(
            "o cartão de crédito | a poupança | o financiamento do carro | o cartão de débito | o cheque especial"
            " | o financiamento da casa | a conta conjunta | o débito automático | o boleto | o cartão de viagem"
            " | o seguro residencial"
        ),
        "service": words(
            "internet banking | pix | pagamento por aproximação | recarga de celular | câmbio | extrato digital"
        ),
        "problem": words(
            "não passou no caixa | foi pra fatura duas vezes | tem uma tarifa de {amount} | não funciona no exterior"
            " | continua em análise | foi debitar sem minha autorização | venceu | está com o nome errado"
        ),
        "task": words(
            "bloquear {my} | aumentar o limite {of} | encerrar {my} | contestar uma cobrança de {amount}"
            " | pedir a segunda via {of} | ativar {service} | quitar {my} antes do prazo"
        ),
        "detail": words("final 00{two} | {amount} | a conjunta | corrente | os últimos dígitos 00{two}"),
    },
    "airline": {
        **_products(
            "o voo para {city} | o cartão de embarque | o assento na janela | a mala | o upgrade"
            " | a passagem de ida e volta | a bagagem de mão | o acesso à sala vip | a conexão em {city} | a reserva"
            " | a refeição vegana"
        ),
        "service": words(
            "embarque prioritário | check-in online | milhas | marcação de assento | pet na cabine | tarifa flexível"
        ),
        "problem": words(
            "sumiu do painel | está com {few} horas de atraso | não chegou na esteira | está com a data errada"
            " | foi parar com outra pessoa | não aparece no app | perdeu uma rodinha | não confere com o que paguei"
        ),
        "task": words(
            "remarcar {my} | cancelar {my} | pedir o reembolso {of} | corrigir o nome na reserva | usar {service}"
            " | escolher assento | despachar mais uma mala"
        ),
        "detail": words("dois adultos | fila {few} | localizador ABC0{two} | corredor | de {city} | econômica"),
    },
}

BRANDS = {
    "retail": words("Norvik | Casella | Ameixa&Pinho | Tavolo | Ardente | Hemlin"),
    "telecommunications": words("Telora | Ondalink | Zipcom | Onda | Fonix | Redeclara"),
    "finance": words("Banco Meridiano | Coinwell | Altus | Primeiro Real | Solva | Banco do Cais"),
    "airline": words("Cotovia | Aerona | Barbatana Azul | Condira | Alísios | Polaro"),
}

WORDS = {
    "day": words("segunda | terça | quarta | quinta | sexta | sábado | domingo | ontem | semana passada"),
    "since": words("segunda | terça | quinta | sábado | domingo | ontem | a semana passada"),
    "few": words("três | 4 | 5 | 6 | dez | 12"),
    "two": words("10 | 17 | 23 | 42 | 48 | 55 | 61 | 79 | 86 | 94"),
    "order": words("000-{two}{two} | 99-{two}-00"),
    "amount": words("R$ 19,99 | 45 reais | 12,50 | R$ 200 | 7 reais | 89 conto | R$ 1.{two}0"),
    "city": words("Lisboa | Osaka | Recife | Oslo | Lima | Manaus | Luanda | Turim | Maputo | Quebec"),
    "person": words("minha esposa | meu filho | minha mãe | a atendente | o cara da loja | minha vizinha | meu chefe"),
    "name": words("ana exemplo | joão teste | zé amostra | lia modelo | caio prova"),
}

KINDS = {
    "request": lines("""
        quero {task}
        gostaria de {task} por favor
        preciso {task} urgente
        pfv preciso {task}
        vc pode me ajudar a {task}?
        to tentando {task} mas o site não deixa
        quero {task} pfv
        {person} me disse que vcs conseguem {task}
        posso {task} pelo app? uso {service}
        me ajuda a {task}, {person} precisa disso até sexta
        reembolso {of} por favor
        quero a troca {of}, {problem}
        to chamando pq preciso {task}
        daria pra {task} antes do feriado?
        quero aderir: {service}
        pode tirar {service} por favor
    """),
    "question": lines("""
        como faço pra {task}
        quanto tempo demora pra {task}?
        {service} já vem com {my}?
        qual o preço {of}
        quando chega {my}?
        vcs têm algo da {brand} em estoque
        {service} funciona no domingo?
        onde eu vejo {my}
        alguma novidade {of}?
        paga alguma taxa pra {task}?
        {person} também pode usar {my}?
        pq eu pago {amount} por {service}
    """),
    "complaint": lines("""
        {my} {problem}
        {my} da {brand} {problem}, {detail}
        comprei {day} e {problem}
        {service} não funciona desde {since}
        ainda to esperando {my}
        isso aqui {problem}
        terceira vez que {my} {problem}!!
        {person} recebeu {my} e {problem}
        {my} {problem} e ninguém atende o telefone
        {service} não serve pra nada, {my} {problem}
        de novo {my}... {problem}
    """),
    "dispute": lines("""
        eu não pedi isso, não comprei nada: {product}
        vcs tiraram {amount} por {service} e eu nunca contratei
        a fatura diz {amount} mas {person} falou que era de graça
        me cobraram {amount} duas vezes {day}
        não foi isso que a gente combinou, {service} era de graça
        já devolvi {my} {day}
        {amount} por isso tá errado, só tenho {my}
        me recuso a pagar {amount} por isso
    """),
    "greeting": lines("""
        oi
        olá
        bom dia
        oi pessoal da {brand}
        oi, aqui é {name}
        olá, {person} me disse pra chamar vcs aqui
        oi de novo
        oie, tem alguém aí?
        boa noite, sou cliente {brand} há {few} anos
        oi, tenho um produto de vcs, {product}
    """),
    "thanks": lines("""
        obrigada
        muito obrigado mesmo
        ótimo, vlw
        perfeito, {person} vai adorar
        brigada, boa semana pra vc
        obrigado por resolver o caso {of}
        show, {my} voltou ao normal
        valeu, era só isso sobre {service}
        ok obrigado, tchau
        maravilha, vc me ajudou demais no caso {of}
    """),
    "slot": lines("""
        {detail}
        {detail} por favor
        sim, {detail}
        é {detail}
        {product}, {detail}
        é da {brand}, {detail}
        meu nome é {name}
        {name}, {detail}
        comprei {day}
        {amount}
        número do pedido {order}
        é pra {person}
        meu email é {order}@example.com
        não, {product}
        paguei {amount} com {service}
        desde {since}
        {my}, desde {since}
        sim, já tentei {service}
        usei o app pra {task}
    """),
    "acknowledgement": lines("""
        ok
        sim
        não
        claro
        isso mesmo
        um minutinho pfv
        tá, eu espero
        deixa eu ver {my}
        to olhando {my} agora
        pronto
        entendi, então {day}
        ok, já to vendo {service}
        sim, eu quero
        sem problema
        blz, {few} minutinhos
    """),
    "chat": lines("""
        kkkk
        muito movimento aí hoje?
        adoro {my} da {brand} aliás
        como tá o tempo em {city}?
        vc é um robô?
        {person} tem igual e tá feliz
        sou da {brand} faz {few} anos e nunca tive problema
        sem pressa, to vendo tv com {person}
        essa semana to em {city}, aqui já é tarde
        ganhei {my}, {person} que me deu
        rsrs {person} falou a mesma coisa
        a {brand} sempre foi boa com a gente
    """),
    "ambiguous": lines("""
        {product}
        {service}
        {service} por favor
        {product} da {brand}
        é sobre {my}
        {my} e {service}
        {product}, {detail}
        {my} que recebi {day}
        tenho {my}, {detail}
        algo da {brand} para {person}
        {person} também tem {service}
        acho que era {amount}
        quero {detail}
        vc consegue ver {my}?
        o app diz {amount}
        falei com {person} sobre {my} {day}
        {service}, {amount}
        não {my}, {service}
        aparece {order}
        não acho {my}
    """),
}

TRANSLATED = {
    "request": lines("""
        Eu desejo {task}, por favor.
        Você poderia, por gentileza, me auxiliar a {task}?
        Por favor, ajude-me para {task}. {person} necessita disso.
        Foi-me dito que você é capaz de {task}. {person} disse isso.
        Um reembolso para {my}, por favor.
        Eu necessito de uma substituição, porque {my} {problem}.
        Por favor, registre-me para {service}.
    """),
    "question": lines("""
        Como posso eu {task}?
        Quanto tempo leva para {task}?
        Está {service} incluso com {my}?
        Qual é o custo {of}?
        Quando {my} estará aqui?
        Por que estou eu pagando {amount} por {service}?
    """),
    "complaint": lines("""
        Acontece que {my} {problem}.
        Eu adquiri isto {day}: {my} {problem}.
        {service} não está trabalhando desde {since}.
        Eu ainda estou esperando por {my}.
        {person} recebeu {my} e isto {problem}.
    """),
    "dispute": lines("""
        Eu não encomendei este artigo: {product}.
        Vocês tomaram {amount} por {service} e eu nunca assinei por isso.
        A conta diz {amount}, mas {person} disse que isso era livre de custo.
        Eu fui cobrado em {amount} duas vezes {day}.
        Eu recuso pagar {amount} por isso.
    """),
    "greeting": lines("""
        Olá a todos aí.
        Olá, este é {name}.
        Eu tenho sido um cliente da {brand} por {few} anos.
        {person} disse a mim para conversar com você.
        Eu tenho um artigo de vocês: {product}.
    """),
    "thanks": lines("""
        Muito obrigado a você.
        Perfeito, {person} estará feliz.
        Obrigado por solucionar {my}.
        Você me ajudou grandemente com {my}.
        Obrigado, isso é tudo para {service}.
    """),
    "slot": lines("""
        Isso é {detail}.
        Sim, {detail}, por favor.
        O meu nome é {name}.
        Eu adquiri isso {day}.
        Isso é para {person}.
        Eu paguei {amount} com {service}.
        Não, {product}.
        Sim, eu já tentei {service}.
        O número da ordem é {order}.
    """),
    "acknowledgement": lines("""
        Sim, isso está correto.
        Um momento, por favor.
        Está bem, eu esperarei.
        Deixe-me verificar {my}.
        Eu estou olhando para {my} agora.
        Sim, eu gostaria disso.
        Nenhum problema, {few} minutos.
    """),
    "chat": lines("""
        A propósito, eu amo {my} da {brand}.
        Como está o clima em {city}?
        É você um robô?
        {person} possui o mesmo e é feliz.
        Foi um presente: {my}. {person} o comprou.
        Nenhuma pressa, eu estou assistindo televisão com {person}.
    """),
    "ambiguous": lines("""
        Isso é acerca {of}.
        São {my} e {service}.
        Eu tenho {my}, {detail}.
        Eu penso que isso foi {amount}.
        Pode você ver {my}?
        O aplicativo diz {amount}.
        Eu falei com {person} acerca {of} {day}.
        Eu não posso encontrar {my}.
    """),
}

OPENINGS = words(
    "oi, | olá, | oi, tudo bem? | ok | então | obrigada, | bom | aí | ei, | sim, | desculpa, | bom dia,"
    " | muito obrigado, | hmm | oi {brand}, | oi, {name} aqui, | aliás | relaxa,"
)
CLOSINGS = words(
    "obrigada | vlw | por favor | ok? | {name} | se possível | é pra {person} | como eu já disse | kkk | abs | pfv"
    " | sou {brand} há {few} anos | desculpa | desde já agradeço | {person} falou isso {day}"
)

MESSAGES = from_constants(MessagePatterns, globals())
