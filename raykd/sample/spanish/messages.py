"""Spanish chat messages of customers to a company's service desk, and their like in a translator's words."""

from raykd.sample.language import MessagePatterns, from_constants
from raykd.sample.templates import lines, words

# Products are single things without an article, said with "mi", which knows no gender; problems have no participle.
SECTORS = {
    "retail": {
        "product": words(
            "hervidor | tostadora | lámpara | abrigo | chaqueta | alfombra | licuadora | sofá cama | sudadera"
            " | mochila | arrocera | silla de jardín | altavoz | rompecabezas | esterilla"
        ),
        "service": words(
            "la recogida en tienda | el envío exprés | la tarjeta regalo | el programa de puntos | el montaje | el club"
        ),
        "problem": words(
            "vino en otra talla | trae un tornillo de menos | llegó con un golpe | nunca llegó | huele a plástico"
            " | dejó de funcionar a los {few} días | no se parece a la foto | no enciende"
        ),
        "task": words(
            "devolver mi {product} | cambiar mi {product} por otra talla | cambiar la dirección de entrega"
            " | recuperar el dinero de mi {product} | usar {service} | rastrear mi paquete"
            " | agregar otro artículo a mi pedido"
        ),
        "detail": words(
            "talla {few} | en azul | en gris | tamaño grande | color roble | pedido {order} | dos unidades"
        ),
    },
    "telecommunications": {
        "product": words(
            "router | tarjeta sim | plan de datos | fibra | celular | línea fija | módem | bono de roaming"
            " | decodificador | tarjeta prepago | e-sim | repetidor"
        ),
        "service": words(
            "la portabilidad | el buzón de voz | el desvío de llamadas | el 5G | el plan familiar | la factura en papel"
        ),
        "problem": words(
            "se corta a cada rato | tiene la luz roja | no tiene señal desde {since} | va lentísimo"
            " | me aparece dos veces | se come todos los datos | dice sin servicio | se reinicia cada {few} minutos"
        ),
        "task": words(
            "portar mi número | dar de baja mi {product} | activar mi {product} | liberar mi teléfono"
            " | trasladar mi {product} a otro piso | quitar {service} | cambiar mi {product} por algo mejor"
        ),
        "detail": words("mi número es 555-01{two} | el pin es 0000 | en la cocina | prepago | {few} gigas | solo sim"),
    },
    "finance": {
        "product": words(
            "tarjeta de crédito | cuenta de ahorro | préstamo del coche | tarjeta de débito | descubierto | hipoteca"
            " | cuenta conjunta | transferencia | domiciliación | tarjeta de viaje | seguro de hogar"
        ),
        "service": words(
            "la banca en línea | el pago sin contacto | el lector de tarjetas | la recarga móvil | el cambio de divisas"
        ),
        "problem": words(
            "no pasa en la caja | me aparece dos veces | tiene una comisión de {amount} | no funciona en el extranjero"
            " | sigue en trámite | me descontó dinero sin permiso | ya venció | tiene mal el nombre"
        ),
        "task": words(
            "bloquear mi {product} | subir el límite de mi {product} | cancelar mi {product}"
            " | reclamar un cargo de {amount} | pedir otra {card} | activar {service} | liquidar mi {product} antes"
        ),
        "card": words("tarjeta | tarjeta de débito | libreta"),
        "detail": words("final 00{two} | {amount} | a nombre de los dos | corriente | los últimos dígitos 00{two}"),
    },
    "airline": {
        "product": words(
            "vuelo a {city} | tarjeta de embarque | asiento de ventanilla | maleta | ascenso de clase"
            " | boleto de ida y vuelta | equipaje de mano | pase a la sala | conexión en {city} | reserva | menú vegano"
        ),
        "service": words(
            "el embarque prioritario | el check-in en línea | el programa de millas"
            " | el asiento a elegir | la tarifa fija"
        ),
        "problem": words(
            "ya no existe | lleva {few} horas de retraso | no salió por la cinta | tiene mal la fecha"
            " | se lo dieron a otra persona | no sale en la app | perdió una rueda | no coincide con lo que pagué"
        ),
        "task": words(
            "cambiar la fecha de mi {product} | cancelar mi {product} | recuperar el dinero de mi {product}"
            " | corregir el nombre en la reserva | usar {service} | elegir asiento | facturar otra maleta"
        ),
        "detail": words("dos adultos | fila {few} | reserva ABC0{two} | pasillo | {day} | desde {city} | turista"),
    },
}

BRANDS = {
    "retail": words("Norvik | Casella | Ciruela&Pino | Tavolo | Ardente | Hemlin"),
    "telecommunications": words("Telora | Ondalink | Zipcom | Onda | Fonix | Redclara"),
    "finance": words("Banco Meridiano | Coinwell | Altus | Primer Real | Solva | Caja Puerto"),
    "airline": words("Alondra | Aerona | Aletazul Air | Condira | Alisios | Polaro"),
}

WORDS = {
    "day": words(
        "el lunes | el martes | el miércoles | el jueves | el viernes | el sábado | el domingo | ayer"
        " | la semana pasada"
    ),
    "since": words("el lunes | el martes | el jueves | el domingo | ayer | anoche | la semana pasada"),
    "few": words("dos | tres | 4 | 5 | 6 | diez | 12"),
    "two": words("10 | 17 | 23 | 42 | 48 | 55 | 61 | 79 | 86 | 94"),
    "order": words("000-{two}{two} | 99-{two}-00"),
    "amount": words("19,99 € | 45 euros | 12,50 | $200 | 7 euros | 890 pesos | 1.{two}0 pesos"),
    "city": words("Lisboa | Osaka | Bogotá | Oslo | Lima | Cuzco | Nairobi | Turín | Mendoza | Quebec"),
    "person": words("mi mujer | mi hijo | mi mamá | su compañera | el chico de la tienda | mi vecina | mi jefe"),
    "name": words("ana ejemplo | juan prueba | pepe muestra | luz ensayo | mario modelo"),
}

KINDS = {
    "request": lines("""
        quiero {task}
        quisiera {task} por favor
        necesito {task} lo antes posible
        necesito {task} xfa
        me pueden ayudar a {task}?
        intento {task} pero la web no me deja
        para {task} porfa
        {person} me dijo que ustedes pueden {task}
        puedo {task} con {service}?
        ayúdenme a {task}, {person} lo necesita
        devolución de mi {product} por favor
        quiero otro producto, mi {product} {problem}
        escribo xq necesito {task}
        sería posible {task} antes del fin de semana?
        quiero contratar {service}
        quiten {service} por favor
    """),
    "question": lines("""
        cómo hago para {task}
        cuánto se tarda en {task}?
        mi {product} incluye {service}?
        cuánto cuesta {service}
        ¿cuándo llega mi {product}?
        les queda algo de {brand} en stock
        {service} funciona los domingos?
        dónde puedo ver mi {product}
        se sabe algo de mi {product}?
        me cobran algo por {task}
        {person} también puede usar mi {product}?
        por qué pago {amount} por {service}
    """),
    "complaint": lines("""
        mi {product} {problem}
        mi {product} de {brand} {problem}, {detail}
        lo compré {day} y {problem}
        {service} no funciona desde {since}
        sigo esperando mi {product}
        esto {problem}
        tercera vez que mi {product} {problem}!!
        {person} recibió mi {product} y {problem}
        mi {product} {problem} y nadie coge el teléfono
        {service} no sirve de nada, mi {product} {problem}
        otra vez mi {product}... {problem}
    """),
    "dispute": lines("""
        yo no pedí esto, {product} no es mío
        me quitaron {amount} por {service} y nunca lo contraté
        la factura dice {amount} pero {person} dijo que era gratis
        me cobraron {amount} dos veces {day}
        eso no es lo que acordamos, {service} era gratis
        ya devolví mi {product} {day}
        {amount} por mi {product} está mal
        me niego a pagar {amount} por eso
    """),
    "greeting": lines("""
        hola
        buenas
        buenos días
        hola equipo de {brand}
        hola, soy {name}
        hola, {person} me dijo que escribiera por aquí
        hola de nuevo
        hola, hay alguien?
        buenas tardes, soy cliente de {brand} desde hace {few} años
        hola, tengo un producto de ustedes, {product}
    """),
    "thanks": lines("""
        gracias
        muchísimas gracias
        genial, grax
        perfecto, {person} se va a alegrar
        gracias, q tengan buen día
        gracias por arreglar lo de mi {product}
        qué bien, mi {product} ya va
        con eso me vale, era todo sobre {service}
        ok gracias, hasta luego
        qué amable, me ayudó un montón con mi {product}
    """),
    "slot": lines("""
        {detail}
        {detail} por favor
        sí, {detail}
        es {detail}
        {product}, {detail}
        el de {brand}, {detail}
        me llamo {name}
        {name}, {detail}
        lo compré {day}
        {amount}
        número de pedido {order}
        es para {person}
        mi correo es {order}@example.com
        no, {product}
        pagué {amount} con {service}
        desde {since}
        mi {product}, desde {since}
        sí, ya probé {service}
        usé la app para {task}
    """),
    "acknowledgement": lines("""
        ok
        sí
        no
        claro
        sí, eso es
        un momento xfa
        vale, espero
        déjeme ver mi {product}
        estoy mirando mi {product} ahora
        listo
        entendido, entonces {day}
        ok, ya veo {service}
        sí, me interesa
        no hay problema
        dale, {few} minutos
    """),
    "chat": lines("""
        jajaja
        mucho trabajo hoy?
        me encanta mi {product} de {brand} por cierto
        qué tiempo hace en {city}?
        eres un bot?
        {person} tiene lo mismo y está feliz
        llevo {few} años con {brand} y nunca tuve problemas
        sin prisa, estoy viendo la tele con {person}
        esta semana ando en {city}, aquí ya es tarde
        mi {product} fue un regalo, me lo dio {person}
        jaja {person} dijo lo mismo
        {brand} siempre se portó bien con nosotros
    """),
    "ambiguous": lines("""
        {product}
        {service}
        {service} por favor
        {product} de {brand}
        es por mi {product}
        mi {product} y {service}
        {product}, {detail}
        mi {product}, me llegó {day}
        tengo mi {product}, {detail}
        algo de {brand} para {person}
        {person} también tiene {service}
        creo que eran {amount}
        quiero {detail}
        puede ver mi {product}?
        la app dice {amount}
        hablé con {person} sobre mi {product} {day}
        {service}, {amount}
        no mi {product}, {service}
        pone {order}
        no encuentro mi {product}
    """),
}

TRANSLATED = {
    "request": lines("""
        Yo deseo {task}, por favor.
        ¿Podría usted ser tan amable de ayudarme a {task}?
        Por favor, asístame para {task}. {person} necesita esto.
        Se me ha dicho por {person} que usted es capaz de {task}.
        Un reembolso para mi {product}, por favor.
        Yo necesito un reemplazo, porque mi {product} {problem}.
        Por favor, regístreme para {service}.
    """),
    "question": lines("""
        ¿Cómo puedo yo {task}?
        ¿Cuánto tiempo toma para {task}?
        ¿Está {service} dentro de mi {product}?
        ¿Cuál es el costo de mi {product}?
        ¿Cuándo estará mi {product} aquí?
        ¿Por qué estoy yo pagando {amount} por {service}?
    """),
    "complaint": lines("""
        Mi {product} {problem}.
        Mi {product}, que yo adquirí {day}, {problem}.
        {service} no está trabajando desde {since}.
        Yo todavía estoy esperando por mi {product}.
        {person} recibió mi {product} y esto {problem}.
    """),
    "dispute": lines("""
        Yo no ordené este artículo: {product}.
        Ustedes tomaron {amount} por {service} y yo nunca firmé por ello.
        La factura dice {amount}, pero {person} dijo que ello era libre de costo.
        Yo fui objeto de un cargo de {amount} dos veces {day}.
        Yo rehúso pagar {amount} por eso.
    """),
    "greeting": lines("""
        Hola a todos ahí.
        Hola, este es {name}.
        Yo he sido un cliente de {brand} por {few} años.
        {person} me dijo que conversara con usted por este medio.
        Yo tengo un artículo de ustedes: {product}.
    """),
    "thanks": lines("""
        Muchas gracias a usted.
        Perfecto, {person} estará feliz.
        Gracias por resolver mi {product}.
        Usted me ayudó grandemente con mi {product}.
        Gracias, eso es todo para {service}.
    """),
    "slot": lines("""
        Ello es {detail}.
        Sí, {detail}, por favor.
        Mi nombre es {name}.
        Yo lo adquirí {day}.
        Ello es para {person}.
        Yo pagué {amount} con {service}.
        No, {product}.
        Sí, yo ya he intentado {service}.
        El número de orden es {order}.
    """),
    "acknowledgement": lines("""
        Sí, eso es correcto.
        Un momento, por favor.
        Está bien, yo esperaré.
        Permítame verificar mi {product}.
        Yo estoy mirando mi {product} ahora.
        Sí, a mí me gustaría eso.
        Ningún problema, {few} minutos.
    """),
    "chat": lines("""
        Por cierto, yo amo mi {product} de {brand}.
        ¿Cómo está el clima en {city}?
        ¿Es usted un robot?
        {person} tiene lo mismo y es feliz.
        Mi {product} fue un regalo. {person} lo compró.
        No hay apuro, yo estoy viendo televisión con {person}.
    """),
    "ambiguous": lines("""
        Ello es acerca de mi {product}.
        Mi {product} y {service}.
        Yo tengo mi {product}, {detail}.
        Yo pienso que ello fue {amount}.
        ¿Puede usted ver mi {product}?
        La aplicación dice {amount}.
        Yo hablé con {person} acerca de mi {product} {day}.
        Yo no puedo encontrar mi {product}.
    """),
}

OPENINGS = words(
    "hola, | buenas, | hola, buenas, | ok | ok pues | gracias, | bueno | entonces | oye, | sí, | perdón, | buenos días,"
    " | muchas gracias, | mmm | hola {brand}, | hola, soy {name}, | x cierto | tranquilos,"
)
CLOSINGS = words(
    "gracias | grax | por favor | ok? | {name} | si se puede | es para {person} | como ya dije | jaja | saludos | xfa"
    " | llevo {few} años con {brand} | perdón | gracias de antemano | ya lo dijo {person} {day}"
)

MESSAGES = from_constants(MessagePatterns, globals())
