"""Portuguese questions and answers about programming.

{thing} and {library} may begin with an article, so neither follows "a", "de", "em" or "por", which contract with it.
"""

from raykd.sample.language import TechnicalPatterns, from_constants
from raykd.sample.portuguese.phrases import PHRASES
from raykd.sample.templates import lines, words

TERMS = {
    "the JDK": "o JDK",
    "the TPL": "a TPL",
    "the STL": "a STL",
    "the SDK": "o SDK",
    "the browser": "o navegador",
    "the emulator": "o emulador",
    "the support library": "a biblioteca de suporte",
    "the Simulator": "o simulador",
    "the W3C validator": "o validador do W3C",
    "the canvas": "o canvas",
    "the console": "o console",
    "the debugger": "o depurador",
    "the profiler": "o profiler",
    "the scheduler": "o agendador",
    "a thread pool": "um pool de threads",
    "the compiler": "o compilador",
    "the IDE": "a IDE",
    "the interpreter": "o interpretador",
    "the documentation": "a documentação",
    "the proxy": "o proxy",
    "the framework": "o framework",
    "the design pattern": "o padrão de projeto",
    "the API": "a API",
    "the app": "o app",
    "the page": "a página",
    "the website": "o site",
    "blank screen": "tela em branco",
    "nothing in the log": "nada no log",
    "not responding": "não responde",
    "file not found": "arquivo não encontrado",
    "access denied": "acesso negado",
    "timeout expired": "tempo esgotado",
}

WORDS = {
    "when": words(
        "quando clico no botão | na segunda chamada | na primeira execução | depois da última atualização"
        " | em modo release | no servidor | a partir de outra thread | no Windows 7 | pelo terminal"
        " | na máquina de um colega | com muitos dados | só em produção | a cada {few} minutos"
        " | depois de {few} horas | no depurador | atrás do proxy | com {few} usuários ao mesmo tempo"
        " | numa máquina antiga | com a configuração padrão | na inicialização"
    ),
    "few": words("três | cinco | dez | 10 | 12 | 20 | 30"),
    "sure": words("realmente | na verdade | sempre | de repente | às vezes | pelo visto | de alguma forma"),
    "work": words(
        "um projeto da empresa | um trabalho da faculdade | uma ferramenta simples | um projeto pessoal"
        " | um sistema legado | um protótipo | o meu TCC"
    ),
    "people": words("meu chefe | uma colega | o cliente | nossa testadora | meu professor | o usuário | um amigo"),
    "software": words(
        "uma loja | um jogo | um sistema de reservas | um chat | uma calculadora | um relatório"
        " | um painel administrativo | um editor de texto | uma importação de dados"
    ),
    "piece": words(
        "a classe | a função | a string | o objeto | a janela | a porta | a chave da api | a folha de estilos"
        " | o plugin | o script de shell | a pilha de chamadas | a fila de mensagens"
    ),
}

TITLES = lines("""
    Como {goal}?
    Como {goal} com {library}?
    Como posso {goal} {when}?
    {error}
    {error} {when}
    {call}: {symptom}
    Por que {symptom} {when}?
    {symptom} {when}
    {library}: como faço para {goal}?
    {library}: problema com {thing}
    Qual a melhor forma de {goal}?
    Boas práticas para {goal} com {library}
    {call} não funciona {when}
    Usando {call} para {goal}
    {thing} e {thing}: {symptom}
    É possível {goal} sem {library}?
    {goal} {when}
    Ajuda: {symptom}
    Diferença entre {call} e {call}
    Comportamento estranho com {thing}
    Não consigo {goal}, {symptom}
    {thing} parou de funcionar {when}
    Dúvida: {goal} usando {library}
""")

OPENINGS = lines("""
    Estou tentando {goal}.
    Pessoal, estou tentando {goal} para {work}, é {software} para {people}.
    Quero {goal}, mas {symptom}.
    Tenho {software} onde preciso {goal}.
    Preciso que {thing} funcione junto com {thing}, tudo dentro de {software}.
    Preciso {goal} usando {library}.
    Faz {few} semanas que usamos {library} para fazer {software}.
    Para {work} tenho que {goal} {when}.
    {people} me pediu para {goal} e não sei por onde começar.
    Com {thing} eu deveria conseguir {goal}.
    Estou desenvolvendo {software} com {library} e {library}.
    Atualmente uso {call} para {goal}.
    Já perdi {few} horas com {thing}.
    Isto é para {work}: tenho {software} e lá existe {thing}.
    Então, tenho {thing} e, por dentro, {thing}.
    Estou montando {software} e empaquei com {thing}.
    Galera, sou iniciante e quero {goal}.
""")

ATTEMPTS = lines("""
    Tentei {call}, mas {symptom}.
    Já tentei {call} e {call}, sem sucesso.
    Troquei {call} por {call} e agora ficou pior ainda.
    Li [o manual] e lá diz que {call} resolve.
    Segui [este tutorial] para {goal}.
    Segundo [esta resposta], {thing} tem que vir antes de {call}.
    Com {library} consigo {goal}, mas {people} não quer isso.
    Depurei: {call} recebe {thing} direitinho.
    Se eu tiro {call}, {symptom}.
    Pesquisei por {few} horas e só achei {library}.
    Coloquei um breakpoint antes de {call} e olhei {thing}.
    Sei que com {library} dá para {goal}, mas como?
    Também configurei {thing} na mão e não adiantou.
    Minha primeira ideia foi {goal} com {call}.
    Conferi {thing} mais de uma vez.
    Já reiniciei tudo e limpei o cache.
""")

FAILURES = lines("""
    Mas {symptom} {when}.
    O problema é que {symptom}.
    Dá {error}.
    Recebo o seguinte erro {when}: {error}
    Lança {error} {when}.
    {sure} falha {when} com {error}.
    {when} {symptom}.
    Na minha máquina funciona, mas {when} {symptom}.
    O log só diz {error}.
    Não aparece erro nenhum, mas {symptom}.
    Aí {symptom} e, depois de um tempo, vejo {error}.
    {sure} {symptom}, e isso está me deixando louco.
    {sure} ignora {thing} {when}.
    Tudo vai bem até {call}; depois {symptom}.
    Não faz nada {when}.
    A saída vem errada {when}.
""")

REMARKS = lines("""
    Sou bem novo nisso.
    Há {few} semanas funcionava.
    {people} escreveu {piece} e não posso mexer.
    {people} diz que é bug e que eu devia olhar {piece}.
    Não posso postar o código todo porque é confidencial.
    Peguem leve, é minha primeira pergunta.
    Desculpem os erros, estou no celular.
    Eu uso Windows, o servidor é Linux.
    Isso acontece {when} e {sure} em nenhum outro caso.
    Abro o terminal, rodo e espero {few} horas.
    São umas {few} mil pessoas usando.
    Só preciso disso para {work}.
    Não quero usar outra biblioteca pra isso.
    A thread roda {when}, o resto não importa.
    Passo uma string e um número e depois uso {piece}.
    EDIT: {sure} acontece {when} também.
    ATUALIZAÇÃO: {people} testou {when} e deu na mesma.
    Pra mim parece bug, ou é assim mesmo?
    Os dados vêm de uma tabela do Oracle, se isso importa.
    Uso a última versão, q eu saiba não tem mais nada instalado.
""")

QUESTIONS = lines("""
    O que estou fazendo de errado?
    Como posso {goal}?
    Tem como {goal} sem {call}?
    Por que {symptom}?
    Dá para fazer isso com {library}?
    Qual o jeito certo de {goal}?
    Devo usar {call} ou {call}?
    Alguma ideia de por que {symptom} {when}?
    Alguém pode explicar o que {thing} faz aqui?
    Isso é um bug conhecido? Vejo o mesmo com {library}.
    Onde tenho que colocar {thing}?
    Existe solução melhor {when}?
    Alguém pode me dar uma luz?
    Como vocês fariam isso em {software}?
""")

CLOSINGS = lines("""
    Desde já agradeço!
    Qualquer ajuda é bem-vinda.
    Obrigado.
    Obrigada por ler até aqui.
    Me ajudem por favor, {people} precisa disso {when}.
    Abraços
    Qualquer dica já ajuda.
    Vlw
""")

NAMING = lines("""
    Sou novo em {name}.
    É {software} em {name}.
    Queria uma solução só com {name}.
    Programo em {name} há {few} semanas.
    É assim que se faz em {name}?
    Meu {name} está meio enferrujado.
""")

MENTIONS = lines("""
    Venho de {other}, onde isso é fácil.
    Em {other} seria uma linha só.
    Já fiz o mesmo em {other} sem problemas.
    {people} diz que eu devia ter usado {other}.
    A outra metade está escrita em {other}.
""")

ITEMS = lines("""
    {goal}
    primeiro se cria {thing}
    chamar {call}
    {symptom}
    instalar {library}
    abrir {software}
    esperar {few} horas
    conferir {thing} {when}
""")

CODE_LEADS = lines("""
    Segue meu código:
    Isto é o que tenho até agora:
    A parte que interessa:
    Aqui está {thing}:
    O código para {thing}:
    Chamo assim:
    No caso, {piece}:
""")

ADVICE = lines("""
    Aqui você precisa de {call}, não de {call}.
    Use {call} no lugar.
    O motivo é que {thing} nasce antes de {call}.
    Não é {thing}, o problema está em {call}.
    {library} já faz isso por você, veja [a documentação].
    Para {goal} você tem que preparar {thing} primeiro.
    A mensagem {error} significa que {call} não reconhece {thing}.
    Sempre que {symptom}, olhe {thing} primeiro.
    Tire {call} dali e deixe {piece} como está.
    {call} devolve um valor novo e não muda o antigo.
    É assim de propósito: {library} guarda {thing} uma vez só.
    Tente isto {when}:
    Com versões antigas {symptom}; corrigiram há {few} semanas.
    Dê uma olhada: com {library} dá para {goal} sem mais nada.
    Tive o mesmo problema {when}; com {call} resolveu.
    Não compartilhe {thing} entre threads.
    Verifique se {piece} não vem nulo antes de usar.
    Primeiro é preciso {goal}, só depois chamar {call}.
""")

VERDICTS = lines("""
    Espero ter ajudado.
    Isso deve resolver.
    Comigo funciona {when}.
    Veja também [esta pergunta].
    Atenção: {symptom} se você esquecer {call}.
    Testado com {library}.
    Me avise se continuar falhando {when}.
""")

TECHNICAL = from_constants(TechnicalPatterns, globals(), phrases=PHRASES)
