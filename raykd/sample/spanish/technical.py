"""Spanish questions and answers about programming.

{thing} and {library} may begin with the article "el", so neither follows "a" or "de", which would contract with it.
"""

from raykd.sample.language import TechnicalPatterns, from_constants
from raykd.sample.spanish.phrases import PHRASES
from raykd.sample.templates import lines, words

TERMS = {
    "the JDK": "el JDK",
    "the TPL": "la TPL",
    "the STL": "la STL",
    "the SDK": "el SDK",
    "the browser": "el navegador",
    "the emulator": "el emulador",
    "the support library": "la biblioteca de soporte",
    "the Simulator": "el simulador",
    "the W3C validator": "el validador del W3C",
    "the canvas": "el lienzo",
    "the console": "la consola",
    "the debugger": "el depurador",
    "the profiler": "el perfilador",
    "the scheduler": "el planificador",
    "a thread pool": "un pool de hilos",
    "the compiler": "el compilador",
    "the IDE": "el IDE",
    "the interpreter": "el intérprete",
    "the documentation": "la documentación",
    "the proxy": "el proxy",
    "the framework": "el framework",
    "the design pattern": "el patrón de diseño",
    "the API": "la API",
    "the app": "la app",
    "the page": "la página",
    "the website": "el sitio",
    "blank screen": "pantalla en blanco",
    "nothing in the log": "nada en el log",
    "not responding": "no responde",
    "file not found": "archivo no encontrado",
    "access denied": "acceso denegado",
    "timeout expired": "tiempo de espera agotado",
}

WORDS = {
    "when": words(
        "al pulsar el botón | en la segunda llamada | la primera vez | desde la última actualización"
        " | en modo release | en el servidor | desde otro hilo | en Windows 7 | desde la terminal"
        " | en el equipo de un compañero | con muchos datos | solo en producción | cada {few} minutos"
        " | al cabo de {few} horas | con el depurador | detrás del proxy | con {few} usuarios a la vez"
        " | en un equipo viejo | con la configuración por defecto | al arrancar"
    ),
    "few": words("dos | tres | cinco | 10 | 12 | 20 | 30"),
    "sure": words("realmente | de hecho | siempre | de repente | a veces | por lo visto | de algún modo"),
    "work": words(
        "un proyecto del trabajo | un trabajo de clase | una herramienta pequeña | un proyecto personal"
        " | un sistema heredado | un prototipo | el proyecto de fin de carrera"
    ),
    "people": words("mi jefe | una compañera | el cliente | nuestra tester | mi profe | el usuario | un amigo"),
    "software": words(
        "una tienda | un juego | un sistema de reservas | un chat | una calculadora | un informe"
        " | un panel de administración | un editor de texto | una importación de datos"
    ),
    "piece": words(
        "la clase | la función | la cadena | el objeto | el hilo | la ventana | el puerto | el plugin"
        " | el script de shell | la llave de la api | la pila de llamadas | la cola de mensajes"
    ),
}

TITLES = lines("""
    ¿Cómo {goal}?
    ¿Cómo {goal} con {library}?
    ¿Cómo puedo {goal} {when}?
    {error}
    {error} {when}
    {call}: {symptom}
    ¿Por qué {symptom} {when}?
    {symptom} {when}
    {library}: ¿cómo se puede {goal}?
    {library}: problema con {thing}
    ¿Cuál es la mejor manera de {goal}?
    Buenas prácticas para {goal} en {software}
    {call} no funciona {when}
    Usar {call} para {goal}
    {thing} y {thing}: {symptom}
    ¿Es posible {goal} sin {library}?
    {goal} {when}
    Ayuda: {symptom}
    Diferencia entre {call} y {call}
    Comportamiento raro con {thing}
    Error en {software}
    No consigo {goal}, {symptom}
    {thing} dejó de funcionar {when}
""")

OPENINGS = lines("""
    Estoy intentando {goal}.
    Hola, estoy tratando de {goal} para {work}, es {software} para {people}.
    Quiero {goal}, pero {symptom}.
    Tengo {software} donde necesito {goal}.
    Necesito que {thing} funcione junto con {thing} en {software}.
    Me hace falta {goal} usando {library}.
    Llevamos {few} meses con {library} en {software}.
    Para {work} tengo que {goal} {when}.
    {people} me ha pedido {goal} y no sé por dónde empezar.
    Con {thing} debería poder {goal}.
    Estoy desarrollando {software} con {library} y {library}.
    Actualmente uso {call} para {goal}.
    Llevo {few} horas peleándome con {thing}.
    En {work} hay {software} y ahí está {thing}.
    Resulta que tengo {thing} y, dentro, {thing}.
    Estoy montando {software} y me he atascado con {thing}.
    Buenas, soy estudiante y para {work} quiero {goal}.
""")

ATTEMPTS = lines("""
    He probado {call}, pero {symptom}.
    Ya intenté {call} y {call}, sin suerte.
    Cambié {call} por {call} y ahora va todavía peor.
    Leí [el manual] y ahí dice que basta con {call}.
    Seguí [este tutorial] para {goal}.
    Según [esta respuesta], {thing} debe estar antes que {call}.
    Con {library} puedo {goal}, pero {people} no quiere eso.
    Lo depuré: {call} recibe bien {thing}.
    Si quito {call}, {symptom}.
    Busqué durante {few} días y solo encontré {library}.
    Puse un punto de ruptura en {call} y revisé {thing}.
    Sé que {library} permite {goal}, pero ¿cómo?
    También puse {thing} a mano y no sirvió.
    Mi primera idea era {goal} con {call}.
    Revisé {thing} dos veces.
    Ya reinicié todo y borré la caché.
""")

FAILURES = lines("""
    Pero {symptom} {when}.
    El problema es que {symptom}.
    Me sale {error}.
    Me da el siguiente error {when}: {error}
    Lanza {error} {when}.
    {sure} falla {when} con {error}.
    {when} {symptom}.
    En mi equipo va bien, pero {when} {symptom}.
    El log solo dice {error}.
    No hay ningún error, pero {symptom}.
    Entonces {symptom} y, al rato, veo {error}.
    {sure} {symptom}, y me está volviendo loco.
    {sure} ignora {thing} {when}.
    Todo va bien hasta {call}; después {symptom}.
    No hace nada {when}.
    La salida no es la esperada {when}.
""")

REMARKS = lines("""
    Soy bastante nuevo en esto.
    Hace {few} semanas funcionaba.
    {people} escribió {piece} y no lo puedo tocar.
    {people} dice que es un bug, que mire {piece}.
    No puedo publicar todo el código porque es confidencial.
    Es mi primera pregunta, disculpen si me falta algo.
    Perdón por la ortografía, escribo desde el móvil.
    Yo estoy en Windows, el servidor está en Linux.
    Esto pasa {when} y {sure} en ningún otro caso.
    Abro la terminal, lo lanzo y espero {few} segundos.
    Hay unos {few} mil usuarios.
    Solo lo necesito para {work}.
    No quiero meter otra librería para eso.
    El hilo corre {when}, lo demás da igual.
    Le paso una cadena y un número y luego uso {piece}.
    EDITO: {sure} ocurre {when} también.
    ACTUALIZACIÓN: {people} lo probó {when} con el mismo resultado.
    Para mí es un bug, ¿o será así a propósito?
    Los datos vienen de una tabla de Oracle, por si importa.
    Uso la última versión, q yo sepa no hay nada más instalado.
""")

QUESTIONS = lines("""
    ¿Qué estoy haciendo mal?
    ¿Cómo puedo {goal}?
    ¿Hay alguna forma de {goal} sin {call}?
    ¿Por qué {symptom}?
    ¿Se puede hacer esto con {library}?
    ¿Cuál es la forma correcta de {goal}?
    ¿Debo usar {call} o {call}?
    ¿Alguna idea de por qué {symptom} {when}?
    ¿Alguien me explica qué hace aquí {thing}?
    ¿Es un fallo conocido en {library}?
    ¿Dónde tengo que poner {thing}?
    ¿Hay una solución mejor {when}?
    ¿Alguien me puede orientar?
    ¿Cómo lo harían ustedes en {software}?
""")

CLOSINGS = lines("""
    ¡Gracias de antemano!
    Se agradece cualquier ayuda.
    Gracias.
    Gracias por leer hasta aquí.
    Ayuda por favor, {people} lo necesita {when}.
    Saludos
    Cualquier pista me sirve.
    Un saludo y mil gracias.
""")

NAMING = lines("""
    Soy nuevo en {name}.
    Es {software} en {name}.
    Busco una solución solo con {name}.
    Llevo {few} meses escribiendo {name}.
    ¿Así se hace en {name}?
    Tengo el {name} un poco oxidado.
""")

MENTIONS = lines("""
    Vengo de {other}, donde esto es fácil.
    En {other} sería una sola línea.
    He hecho lo mismo en {other} sin problemas.
    {people} dice que tendría que haber usado {other}.
    La otra mitad está escrita en {other}.
""")

ITEMS = lines("""
    {goal}
    primero se crea {thing}
    llamar a {call}
    {symptom}
    instalar {library}
    abrir {software}
    esperar {few} segundos
    comprobar {thing} {when}
""")

CODE_LEADS = lines("""
    Este es mi código:
    Esto es lo que tengo hasta ahora:
    La parte que importa:
    Aquí está {thing}:
    El código para {thing}:
    Lo llamo así:
    En concreto, {piece}:
""")

ADVICE = lines("""
    Aquí necesitas {call}, no {call}.
    Usa {call} en su lugar.
    La razón es que {thing} se crea antes que {call}.
    No es {thing}, el problema está en {call}.
    {library} ya lo hace por ti, mira [la documentación].
    Para {goal} primero tienes que preparar {thing}.
    El mensaje {error} significa que {call} no reconoce {thing}.
    Siempre que {symptom}, mira primero {thing}.
    Saca {call} fuera y deja {piece} como está.
    {call} devuelve un valor nuevo y no cambia el anterior.
    Es así por diseño: {library} guarda {thing} una sola vez.
    Prueba esto {when}:
    Con versiones viejas {symptom}; lo arreglaron hace {few} meses.
    Échale un vistazo a esto: con {library} puedes {goal} sin más.
    Tuve el mismo problema {when}; con {call} se arregló.
    No compartas {thing} entre hilos.
    Comprueba que {piece} no sea nulo antes de usarlo.
    Primero hay que {goal} y después llamar a {call}.
""")

VERDICTS = lines("""
    Espero que te sirva.
    Con eso debería bastar.
    A mí me funciona {when}.
    Mira también [esta pregunta].
    Ojo: {symptom} si olvidas {call}.
    Probado con {library}.
    Avísame si sigue fallando {when}.
""")

TECHNICAL = from_constants(TechnicalPatterns, globals(), phrases=PHRASES)
