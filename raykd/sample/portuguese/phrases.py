"""Portuguese words for the topics of technical posts: things (with their article), goals (infinitives), symptoms."""

from raykd.sample.language import phrases

PHRASES = phrases("""
linq
  a consulta | a expressão lambda | a entidade | a propriedade de navegação | o método de extensão
  juntar duas listas por uma chave | agrupar as linhas por mês | carregar as entidades relacionadas de uma vez
  a consulta roda uma vez por linha | o resultado vem sempre vazio | o lazy loading volta ao banco toda hora
wpf
  o view model | o data binding | a grade | o controle de usuário | a propriedade de dependência
  ligar uma coleção a uma grade | atualizar a janela a partir de outra thread | estilizar um botão num template
  a grade continua vazia | o binding é ignorado | a janela congela enquanto os dados carregam
mvc
  o controlador | a partial view | a action | a tabela de rotas | o token antifalsificação
  enviar um modelo para o controlador | devolver uma partial view | ler um cookie num filtro
  o modelo chega nulo no post | a rota não é encontrada | a sessão expira cedo demais
task
  o delegate | o método genérico | a tarefa assíncrona | a referência de serviço | o manipulador de eventos
  cancelar uma tarefa em andamento | chamar um serviço sem travar | converter um valor anulável | converter um enum
  o await nunca retorna | o formulário trava | o compilador recusa a conversão
collections
  o mapa hash | o iterador | a lista genérica | o comparador | a lista encadeada
  remover itens durante a iteração | ordenar um mapa por valor | comparar dois objetos | copiar uma lista para um array
  o mapa perde entradas | chaves iguais são gravadas duas vezes | o iterador falha na segunda volta
swing
  o painel | a moldura | o gerenciador de layout | o modelo da tabela | o ouvinte de ações
  repintar um painel | fechar uma tela e abrir a próxima | alinhar os rótulos na grade
  a tela fica cinza | o componente não é desenhado | a fila de eventos trava
spring
  o bean | o servlet | a anotação | a fábrica de sessões | o contexto da aplicação
  injetar um bean num servlet | mapear uma entidade com chave composta | publicar um war | desfazer uma transação
  o bean não é injetado | o proxy está sem sessão | o contexto não sobe
maven
  o jar | o classpath | o scanner | o build path | a máquina virtual
  gerar um jar executável | ler números do teclado | definir o tamanho do heap | adicionar uma dependência
  a classe principal não é encontrada | o scanner pula uma linha | o heap estoura
mysqli
  o prepared statement | o conjunto de resultados | a string de conexão | o registro | o id inserido
  escapar a entrada do usuário | jogar todas as linhas num array | gravar um formulário numa tabela
  a consulta devolve false | só aparece a primeira linha | as aspas quebram o comando
session
  a variável de sessão | o formulário de upload | o cookie | o cabeçalho | o script de login
  manter o usuário logado | enviar uma imagem | redirecionar depois do envio | mandar um e-mail com anexo
  a sessão some depois do redirecionamento | os cabeçalhos já foram enviados | o array post vem vazio
laravel
  o plugin | a rota | a migration | o tema | a view blade
  escrever um shortcode | tirar o index da url | popular uma tabela | criar um tipo de post personalizado
  a rota dá uma página em branco | o tema não carrega | o token não confere
preg
  o array associativo | a expressão regular | a data em texto | o feed | o array aninhado
  ordenar um array multidimensional | tirar as tags de um texto | ler um feed | juntar dois arrays por chave
  o array sai impresso como texto | o padrão pega coisa demais | a data fica um dia atrasada
promise
  a closure | o callback | o protótipo | a arrow function | a cadeia de promises
  esperar todas as promises | clonar um objeto por inteiro | passar o this para um callback | atrasar um handler
  o callback dispara antes de ter o valor | o this aponta para window | a variável do laço fica velha
node
  o middleware | o módulo | o handler da rota | o socket | o schema
  dividir uma conexão entre módulos | mandar um arquivo em stream | ler um parâmetro da url
  o servidor cai na segunda requisição | o body vem vazio | o socket conecta duas vezes
dom
  o ouvinte de eventos | o nó | a tag script | a janela popup | o elemento
  acrescentar um nó ao body | impedir um evento de subir | ler o valor de um select
  o elemento é null | o ouvinte dispara duas vezes | o script roda antes que a página carregue
angular
  a diretiva | o componente | o scope | o watcher | a árvore virtual
  compartilhar dados entre controllers | filtrar uma lista repetida | renderizar um componente ao mudar
  a view não atualiza | o digest entra em loop | o estado fica um passo atrás
listview
  a lista de itens | o adapter | o layout da linha | a image view | o cursor
  carregar imagens numa lista | tratar o toque numa linha | pôr um cabeçalho na lista
  a lista volta para o topo | as linhas mostram a foto errada | a rolagem engasga
fragment
  o fragment | a activity | o intent | a action bar | a pilha de telas
  passar um objeto para uma activity | voltar duas telas | manter o estado ao girar | esconder o teclado
  a activity reinicia ao girar | o fragment fica nulo | o botão voltar fecha tudo
service
  o broadcast receiver | o serviço em segundo plano | a notificação | a mensagem push | a posição do gps
  rodar uma tarefa à noite | cancelar uma notificação | ler a localização | manter o celular acordado
  o sistema mata o serviço | a localização vem nula | o celular nunca recebe o push
gradle
  o manifesto | o emulador | o apk | o arquivo de recursos | a permissão
  assinar um apk | suportar telas pequenas | usar um projeto de biblioteca | instalar num aparelho
  o emulador é lento demais | falta o id do recurso | o build não sincroniza
ajax
  a chamada ajax | o callback de sucesso | a resposta | o ícone de carregando | a resposta json
  enviar um formulário sem recarregar | percorrer os objetos retornados | mostrar um spinner durante a carga
  a função success nunca é chamada | a resposta é uma string | a requisição sai duas vezes
selector
  o seletor | o checkbox | a linha da tabela | o elemento filho | o atributo data
  pegar o valor do checkbox marcado | selecionar a linha pai | achar o próximo irmão com uma classe
  o seletor não acha nada | só o primeiro muda | as linhas novas não respondem ao clique
plugin
  o calendário | o diálogo | a tabela de dados | o autocomplete | a lista ordenável
  desativar os fins de semana | abrir um diálogo ao carregar | validar dois campos juntos
  o diálogo abre uma vez só | o calendário fica atrás do diálogo | a tabela perde a paginação
animation
  o menu suspenso | o carrossel | o efeito hover | a posição da rolagem | o acordeão
  fazer uma imagem surgir aos poucos | alternar um menu | rolar devagar até uma âncora | parar a fila de efeitos
  o menu pisca | a animação dá um pulo no final | os efeitos se acumulam
pandas
  o dataframe | a série | o array do numpy | o gráfico | o índice múltiplo
  agrupar por duas colunas | desenhar duas curvas numa figura | descartar as linhas com nan | vetorizar um laço
  o merge duplica as linhas | os rótulos do eixo se sobrepõem | o shape não bate
django
  o model | a migração | a template tag | o queryset | o padrão de url
  filtrar por chave estrangeira | servir arquivos estáticos | adicionar um campo a um model | estender o usuário
  o template não é encontrado | a migração não é aplicada | a verificação csrf falha
comprehension
  a list comprehension | o dicionário | o gerador | a tupla | o decorador
  achatar uma lista de listas | ordenar um dicionário por valor | inverter uma string | contar itens numa lista
  a lista muda durante a iteração | o argumento padrão é compartilhado | o texto não é ascii
package
  o ambiente virtual | o módulo | o scraper | o pacote wheel | a janela principal
  instalar um pacote sem root | chamar um script a partir de outro | raspar uma tabela | ler os argumentos
  o módulo não é encontrado | a importação é circular | o subprocesso nunca termina
layout
  a div | a coluna | o rodapé | a folha de estilos | a barra de navegação
  centralizar uma div | fazer duas colunas da mesma altura | prender o rodapé embaixo | flutuar uma imagem
  a div cobre o rodapé | as margens colapsam | a coluna cai para a linha de baixo
form
  o campo de texto | a lista suspensa | o placeholder | o rótulo do campo | o botão de enviar
  estilizar um input de arquivo | limpar um formulário | pôr o rótulo em cima do campo | limitar o tamanho
  o campo não é enviado | o placeholder não aparece | o enter envia o formulário
media
  a tag de vídeo | a área de desenho | o iframe | o gráfico vetorial | o player de áudio
  ajustar um vídeo à página | desenhar uma linha no canvas | embutir um mapa | imprimir uma página
  o vídeo não toca | o iframe aparece cortado | a imagem fica borrada
page
  a newsletter | a célula | a âncora | a meta tag | o título da seção
  mandar uma newsletter com tabela | mesclar duas células | criar um link para uma seção | mostrar um símbolo
  a tabela fica larga demais | os acentos saem quebrados | o e-mail fica diferente
template
  o vector | o parâmetro de template | o functor | o iterador | a expressão constante
  ordenar um vector de structs | retornar um vector | especializar um template | apagar enquanto percorro
  o template não deduz o tipo | o iterador fica inválido | a cópia é lenta
pointer
  o ponteiro inteligente | o destrutor | o ponteiro cru | a referência | a função virtual
  liberar um array de ponteiros | retornar uma referência | sobrecarregar um operador | evitar vazamento de memória
  o destrutor é chamado duas vezes | o ponteiro fica pendurado | o programa quebra ao sair
qt
  o widget | o slot | a matriz | o buffer de vértices | o shader
  conectar um sinal a um slot | passar uma imagem para cinza | desenhar um cubo | redimensionar um widget
  o slot nunca é chamado | a textura fica preta | a imagem está vazia
linker
  o arquivo de cabeçalho | o namespace | a biblioteca estática | o arquivo objeto | o makefile
  linkar uma biblioteca estática | separar uma classe em cabeçalho e fonte | ler uma linha da entrada
  o linker não acha o símbolo | o símbolo está definido duas vezes | o cabeçalho é incluído duas vezes
tableview
  a table view | a célula | o cabeçalho da seção | a collection view | o index path
  carregar imagens nas células | apagar uma linha deslizando | ajustar uma célula ao texto
  as células se misturam | a tabela não recarrega | a seleção se perde
autolayout
  a constraint | a scroll view | a subview | o storyboard | o label
  centralizar uma view por código | animar uma constraint | rolar quando o teclado aparece | arredondar os cantos
  a constraint quebra | a view fica com o frame antigo | o label sai truncado
coredata
  o objeto gerenciado | a fetch request | o predicado | o bloco de conclusão | o dicionário
  buscar valores únicos | salvar em segundo plano | transformar uma resposta em objetos | ordenar por data
  o contexto não salva | o fetch vem vazio | o bloco nunca é executado
controller
  a view controller | a segue | o delegate | o outlet | o opcional
  devolver dados para a primeira tela | apresentar uma view modal | esconder a tab bar | desembrulhar um opcional
  o outlet está nil | o delegate não é chamado | o simulador mostra uma tela preta
sql
  a stored procedure | o índice | a subconsulta | o join | a view
  transformar linhas em colunas | pegar a linha mais recente | apagar duplicados | acelerar um join
  a consulta leva minutos | o join multiplica as linhas | o índice não é usado
git
  a branch | o commit | o remoto | o submódulo | a tag
  desfazer o último commit | juntar um arquivo só | ignorar uma pasta já rastreada | agrupar alguns commits
  o merge dá conflito toda vez | o push é rejeitado | a branch está à frente
shell
  o script de shell | o pipe | a variável de ambiente | a tarefa do cron | o terminal
  trocar um texto em vários arquivos | renomear arquivos em massa | rodar um script no boot | matar um processo
  a variável fica vazia no laço | o script para num espaço | o terminal fecha sozinho
rails
  a gem | a migração | a associação | o helper | o scope
  validar dois atributos | aninhar um formulário | popular o banco | testar um controller
  a associação está nil | o asset não é compilado | o spec falha
excel
  a macro | a planilha | o intervalo de células | o data frame | a fórmula
  copiar um intervalo para outra planilha | procurar um valor em duas colunas | plotar por fator | varrer as abas
  a macro para | a fórmula mostra um número | os níveis do fator saem errados
strings
  a string | a substring | o caractere | o padrão | a codificação
  dividir uma string por vírgula | tirar os espaços | comparar duas strings | trocar um caractere
  a string está vazia | os acentos saem errados | a comparação dá sempre falso
threads
  a thread | o lock | o timer | a fila | a tarefa em segundo plano
  parar uma thread | esperar todas as threads | dividir uma variável entre threads | iniciar um timer
  a thread nunca termina | as duas threads imprimem o mesmo número | o timer para
databases
  o banco de dados | a tabela | o registro | a conexão | a consulta
  inserir muitas linhas de uma vez | verificar se um registro existe | guardar uma data | pegar o último id
  a consulta está lenta | o registro é salvo duas vezes | a conexão está fechada
loops
  o laço | o array | o índice | a condição | a variável
  sair de um laço aninhado | percorrer um array | achar o maior número | arredondar um decimal
  o laço nunca acaba | só fica o último item | o índice passa em um
files
  o arquivo | a pasta | o upload | o caminho | o arquivo de log
  ler um arquivo linha por linha | copiar uma pasta | baixar um arquivo | escrever num log
  o arquivo está bloqueado | o caminho está errado no servidor | o arquivo está vazio
network
  a requisição | o web service | o token | a porta | o certificado
  enviar dados para um web service | interpretar uma resposta | entrar com um token | baixar uma foto da rede
  a requisição dá timeout | o servidor não responde nada | o token é recusado
objects
  a classe | o objeto | a interface | o método | o construtor
  chamar um método de outra classe | copiar um objeto | acessar um campo privado | criar um objeto pelo nome
  o objeto está nulo | o método não é visível | o valor se perde
screens
  o botão | o menu | a caixa de texto | a imagem | a página
  esconder um botão | mudar a cor ao clicar | abrir outra janela | redimensionar uma imagem
  nada acontece ao clicar | a página fica em branco | o texto sai cortado
""")
