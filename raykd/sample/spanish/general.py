"""Spanish encyclopaedia-like prose.

A {name} brings its article; it never follows "a" or "de", with which "el" would contract.
"""

from raykd.sample.language import GeneralPatterns, subject
from raykd.sample.templates import words

WORDS = {
    "year": words("17{digits} | 18{digits} | 19{digits} | 16{digits} | 15{digits} | 1{few}{digits}"),
    "when": words(
        "en {year} | en {year} | hacia {year} | en la década de 18{decade} | a finales del siglo {century}"
        " | en el siglo {century} | en la primavera de 19{digits}"
    ),
    "century": words("XIV | XV | XVI | XVII | XVIII | XIX"),
    "digits": tuple(f"{number:02}" for number in range(3, 98, 2)),
    "decade": words("20 | 30 | 40 | 50 | 60 | 70 | 80 | 90"),
    "few": words("4 | 5 | 6 | 7 | 8 | 9"),
    "number": words("{few}{digits} | 1.{digits}0 | {few}.{digits}5 | {few}{few} | {digits}0 | 2{digits}"),
    "person": words("{first} {last} | {first} {last} | {first} de {town} | {first} {last} y {last}"),
    "first": words(
        "Adela | Bruno | Clara | Diego | Elena | Fermín | Gracia | Hugo | Inés | Jacinto | Carmen | Lorenzo"
        " | Mira | Nicolás | Olga | Pablo | Quirino | Rosa | Samuel | Teresa | Ulises | Vera | Gonzalo | Ximena"
    ),
    "last": words("{head}ez | {head}ares | {head}ero | {head}ado | {head}illo | de la {head}a | {head}ales"),
    "town": words(
        "{head}illa | {head}eda | {head}osa | San {head}ín | {head}eña | {head}ejo del Río | {head}anca | {head}ar"
    ),
    "head": words(
        "Alm | Barr | Cord | Delg | Esp | Font | Gar | Herm | Ibañ | Jar | Lam | Mor | Nav | Ort | Pal | Ros"
        " | Sal | Torr | Urr | Vald | Zam | Bren | Lind | Quint | Cer | Mel"
    ),
    "region": words(
        "las tierras altas del norte | el valle bajo | las marismas del oeste | la antigua provincia de {town}"
        " | las llanuras del este | el archipiélago del sur | la comarca de los lagos | la frontera | el delta"
        " | los montes de {town}"
    ),
    "season": words("primavera | verano | otoño | invierno | la estación seca | época de lluvias | tiempo de cosecha"),
    "share": words("la mitad | dos tercios | casi la totalidad | una cuarta parte | una pequeña parte | la mayoría"),
}

SUBJECTS = {
    "animals": subject(
        "name | kind | place | food | part",
        """
        la pitón | una serpiente | selvas; pantanos | ratas; aves; ciervos pequeños | sus mandíbulas; sus escamas
        el león | un felino | sabanas; praderas secas | antílopes; cebras | su melena; sus garras
        el oso pardo | un oso | bosques de montaña; tundras | bayas; salmones; raíces | su pelaje; sus patas
        el pingüino emperador | un ave | hielos marinos; costas frías | peces; krill; calamares | sus plumas; sus aletas
        la abeja | un insecto | prados; huertos en flor | néctar; polen | sus alas; su aguijón
        el ciervo volante | un escarabajo | robledales; viejos jardines | savia; madera podrida | sus mandíbulas
        el caracol | un molusco | jardines; setos | hojas; hongos | su concha; su pie
        el ratón doméstico | un roedor | graneros; campos | semillas; grano | su cola; sus bigotes
        el lobo gris | un cánido | pinares; estepas | ciervos; jabalíes; liebres | su pelaje; sus dientes
        la tortuga marina | un reptil | mares cálidos; playas de arena | medusas; algas | su caparazón; su pico
        el camello | un ungulado | desiertos; estepas secas | arbustos espinosos; hierba | su joroba; sus pestañas
        el zorro | un cánido | colinas; lindes del bosque | ratones; bayas | su cola; su hocico
        la araña tejedora | un arácnido | jardines; ramas bajas | moscas; polillas | su hilo de seda; su red
        la cigüeña | un ave | torres; riberas | ranas; saltamontes | su pico; sus patas
        """,
        """
        {name} es {kind} que vive en {place}.
        {name} se alimenta sobre todo de {food} y, en {season}, de {food}.
        Caza de noche en {place} y descansa de día.
        Un viajero escribió {when} con asombro sobre {part}.
        {person} describió por primera vez {part} {when}.
        En {region} desapareció {share} de los ejemplares después de {year}.
        La hembra tiene {few} crías en {season}.
        En los cuentos de {town}, {name} es símbolo de paciencia.
        Sin {place} no encuentra {food}, su alimento preferido.
        Un zoológico de {town} cría estos animales desde {year}.
        Los adultos viven {few} años; el más viejo, en {town}, llegó a 1{few}.
        """,
    ),
    "places": subject(
        "name | kind | feature | trade",
        """
        Java | isla | sus volcanes; sus arrozales; sus jardines de té | café; té; arroz
        Sevilla | ciudad | su puerto fluvial; sus patios; su catedral | aceite; lana; naranjas
        Atacama | región | sus salares; sus valles secos; sus géiseres | cobre; salitre
        Creta | isla | sus gargantas; sus olivares; sus palacios | aceite de oliva; vino; miel
        Potosí | ciudad | su cerro; su ceca; sus balcones | plata; estaño; coca
        La Mancha | comarca | sus molinos; sus viñas; sus ventas | vino; queso; azafrán
        Islandia | isla | sus géiseres; sus campos de lava; sus fiordos | pescado; lana; aluminio
        Samarcanda | ciudad | sus cúpulas azules; sus bazares; su observatorio | seda; papel; melones
        Venecia | ciudad | sus canales; sus palacios; cada ventana de vidrio soplado | vidrio; especias; seda
        Cartagena | ciudad | su muralla; su puerto; sus plazas | sal; cacao; perlas
        Valparaíso | ciudad | sus cerros; su puerto; sus ascensores | trigo; cobre; vino
        Delfos | ciudad | su oráculo; su teatro; su estadio | aceite; lana
        La Patagonia | región | sus glaciares; sus estepas; sus cuevas pintadas | lana; carne; cuero
        """,
        """
        {name} es una {kind} célebre por {feature}.
        Durante siglos {name} vivió del comercio de {trade} y {trade}.
        La {kind} se encuentra a {number} kilómetros de {town}.
        {person} viajó por la {kind} {when} y escribió sobre {feature}.
        De las {number} aldeas, {share} produce {trade}.
        En {season} muchos visitantes llegan para ver {feature}.
        {when} los mercaderes de {town} compraban aquí {trade}.
        Los mapas de {year} ya mencionan {feature}.
        Una riada destruyó {when} el puente de {town}.
        La terminal de transbordadores abrió en 19{digits} y recibe {number} pasajeros al día.
        Las gentes de {town} llaman madre a la {kind}.
        """,
    ),
    "history": subject(
        "name | actor | cause | outcome",
        """
        la Guerra de la Sal | los mineros; los mercaderes | un impuesto; un camino cortado | un peaje justo; un fuero
        la Liga de las Ciudades | los gremios; los alcaldes | la piratería; los peajes | el libre comercio; un tribunal
        la Revuelta Campesina | los labradores; los nobles | el hambre; los tributos | leyes más suaves; ruinas
        el Gran Incendio | los vecinos; los panaderos | un horno; un verano seco | casas de piedra; calles anchas
        el Largo Asedio | los soldados; las monjas | un pacto roto; una herencia | una tregua; murallas rotas
        la Era del Ferrocarril | los ingenieros; los banqueros | el carbón; el hierro barato | viajes; barrios nuevos
        la Huelga de los Telares | los tejedores; los patronos | los bajos salarios; las máquinas | un sindicato
        la Segunda Dinastía | los escribas; los generales | las crecidas; una intriga | otra capital; un calendario
        la Edad de la Vela | los capitanes; los carpinteros | las especias; los mapas | colonias; guerras en el mar
        el Consejo de Ancianos | los ancianos; los sacerdotes | la sequía; un presagio | leyes; una clase de jueces
        """,
        """
        {name} comenzó {when} por {cause}.
        {actor} y {actor} discutían por {cause}.
        En {region}, {share} de las casas estaba vacía en {year}.
        Tras {number} días, {actor} llegaron por fin hasta {town}.
        {name} terminó {when} y trajo {outcome}.
        {person} tomó el mando y más tarde recibió sepultura en {town}.
        Para historiadores como {person}, {cause} fue el motivo principal.
        Una crónica de {year} cuenta cómo {actor} cruzaron el río cerca de {town}.
        Las cartas de {person} hablan con detalle sobre {cause}.
        Dejó {outcome}, algo que duró hasta {year}.
        Un museo de {town} guarda {number} objetos de aquellos años.
        """,
    ),
    "food": subject(
        "name | base | spice | dish",
        """
        el pan de centeno | harina; masa madre | alcaravea; sal | sopa; arenques
        la paella | arroz; caldo | pimentón; azafrán | mejillones; judías
        el gulash | carne; cebollas | pimentón; mejorana | albóndigas; fideos
        el mole | chiles; cacao | canela; clavo | pavo; tortillas
        el café de Java | granos tostados; agua caliente | cardamomo; canela | bizcocho; plátano frito
        la hoja de plátano rellena | maíz; plátano | comino; achiote | frijoles; queso
        el cuscús | sémola; vapor | comino; cilantro | cordero; garbanzos
        la empanada | harina; manteca | comino; ají | aceitunas; huevo
        el ceviche | pescado; lima | ají; cilantro | camote; maíz tostado
        la pila de tortitas | harina; leche | canela; vainilla | miel; nata
        el gazpacho | tomate; pan | ajo; vinagre | pepino; huevo duro
        """,
        """
        {name} se prepara con {base} y se sazona con {spice}.
        En {region} se añade {spice} y se sirve con {dish}.
        Una receta de {year} pide {number} gramos de {base}.
        Se come en {season}, casi siempre con {dish}.
        {person} abrió en {town} una casa de comidas donde {name} atraía a medio pueblo.
        En {town}, {share} de las familias aún cocina {name} en casa.
        Se deja reposar {few} horas antes de añadir {spice}.
        {when} un recetario de {town} elogiaba {name} con {dish}.
        Sin {spice}, dicen en {town}, no sabe igual.
        Los mercaderes llevaron {spice} hasta {town} {when}.
        """,
    ),
    "music": subject(
        "name | part | player | piece",
        """
        el violín | el arco; el puente; la cuerda más grave | los solistas; las orquestas | conciertos; danzas
        el laúd | el mástil; las clavijas | los trovadores; los músicos de corte | canciones; pavanas
        el órgano | los tubos; los pedales; los fuelles | los organistas; los monjes | fugas; himnos
        la trompeta | los pistones; la campana | los heraldos; los músicos de jazz | fanfarrias; marchas
        la caracola | la espira; la abertura | los sacerdotes; los pescadores | llamadas; toques de templo
        la guitarra | la caja; las cuerdas | los gitanos; los maestros | soleares; tangos
        el arpa | el marco; los pedales | los bardos; las damas | baladas; lamentos
        el acordeón | el fuelle; las teclas | los músicos callejeros; los marineros | valses; tangos
        el charango | la caja de armadillo; las cuerdas | los pastores; las bandas | huaynos; cuecas
        la caja | la piel; los bordones | los soldados; los tamborileros | marchas; redobles
        """,
        """
        {name} suena en {region} desde {year}.
        Con este instrumento {player} tocan {piece} y {piece}, según cuenta {person}.
        {when} {person} mejoró {part}.
        {person} tardó {few} meses en construir {part}.
        {person} escribió {number} {piece}.
        En {season} {player} se reúnen en {town} para un festival.
        El sonido depende mucho del modo de tratar {part}, dicen en {town}.
        En {town}, {player} aprendían {piece} de oído.
        De estas obras, {share} se imprimió {when}.
        El museo de {town} conserva un instrumento antiguo, obra de {person}.
        """,
    ),
    "sport": subject(
        "name | tool | place | move",
        """
        el remo | un remo; una barca | un lago; un canal | la palada; la aceleración
        la esgrima | un florete; una careta | una sala; un patio | la estocada; la parada
        el fútbol | un balón; un silbato | un campo; un estadio | el pase; el tiro libre
        el salto de esquí | unos esquíes; un casco | una colina; una torre | la caída; el vuelo
        el tiro con arco | un arco; una flecha | un prado; un castillo | el disparo; la suelta
        la natación | un gorro; unas gafas | una piscina; una bahía | el viraje; la brazada
        el ciclismo | una rueda; una cadena | una pista; un puerto de montaña | la escapada; el ataque
        el ajedrez | un tablero; un reloj | un club; un café | la apertura; el sacrificio
        la lucha | una colchoneta; un cinturón | un círculo de arena; una plaza | la llave; la caída
        la vela | una vela; un timón | una bahía; un puerto | la virada; la trasluchada
        """,
        """
        {name} se practica en {place} y hace falta {tool}.
        El primer concurso se celebró en {town} {when}.
        El equipo completo, con {tool}, pesa unos {number} gramos.
        {person} ganó {few} medallas y dominaba como nadie {move}.
        Las reglas sobre {move} las escribió {person} {when}.
        En {region}, {share} de las escuelas enseña {move}.
        En {season} {number} deportistas entrenan en {town}.
        Quien empieza aprende {move} antes de tocar {tool}.
        En {town} hay {place} para {number} espectadores.
        Una clase de {number} alumnos de {town} participó {when}.
        """,
    ),
    "belief": subject(
        "name | person_of | house | rite | symbol",
        """
        el budismo | los monjes; las monjas | un templo; una pagoda | el canto; la limosna | una flor de loto; una rueda
        el cristianismo | los curas; los diáconos | una catedral; una capilla | el bautismo; la misa | una cruz
        el islam | los imanes; los peregrinos | una mezquita; una escuela | la oración; el ayuno | una luna; una fuente
        el judaísmo | los rabinos; los cantores | una sinagoga | la lectura; la cena | un rollo; una lámpara
        el hinduismo | los sacerdotes; los ermitaños | un templo | la ofrenda; la procesión | una lámpara; una caracola
        el sintoísmo | los sacerdotes | un santuario; un bosque sagrado | la purificación; la danza | un espejo; un arco
        el culto de Apolo | las sacerdotisas; los peregrinos | un oráculo | la profecía | una rama de laurel
        la vieja fe del río | los ancianos; los barqueros | una fuente | la procesión | un hilo rojo
        """,
        """
        En {name}, {person_of} se reúnen en {house}.
        El día de fiesta comienza con {rite} y termina ante {symbol}.
        {person} levantó en {town} {house} {when}.
        {person_of} llevan {symbol} por las calles de {town}.
        En {region}, {share} de la gente sigue {name}.
        En {house} hay siempre {symbol}, señal de esperanza.
        {person} describió {rite} en un libro de {year}.
        Un visitante contó {when} hasta {number} fieles junto a la llave de la puerta mayor.
        Los niños conocen {rite} a los {few} años.
        Sobre la puerta, {symbol} recuerda lo ocurrido {when}.
        """,
    ),
    "weather": subject(
        "name | cause | effect | place",
        """
        la niebla | el agua fría; las noches en calma | barcos con retraso; muros húmedos | puertos; valles
        el monzón | los mares cálidos; el calor de la tierra | crecidas; buenas cosechas | arrozales; pueblos altos
        la helada | el cielo despejado; el aire del norte | tuberías rotas; flores de hielo | jardines; viñedos
        el viento de la sierra | los pasos altos; el aire que cae | dolores de cabeza; deshielos | valles; riberas
        el huracán | los océanos cálidos; la baja presión | techos rotos; olas altas | islas; costas llanas
        la sequía | la falta de lluvia; los vientos secos | polvo; malas cosechas | estepas; mesetas
        la tormenta | el aire que sube; el calor | granizo; incendios | llanuras; cumbres
        la nevada | las nubes húmedas; los frentes fríos | aludes; caminos cerrados | aldeas de montaña; bosques
        """,
        """
        {name} se debe a dos cosas: {cause} y {cause}.
        En {season}, {name} es habitual en {place}.
        Lo normal es que traiga {effect} y {effect}.
        El duro invierno de {year} trajo {effect} a {town}.
        {person} midió en {town} la lluvia y el viento desde {year}.
        En {region}, {name} dura {few} semanas.
        De los labradores, {share} teme la llegada de {effect}.
        Una estación cerca de {town} registró {number} milímetros de lluvia {when}.
        Los marineros conocen bien {cause} y saben lo que anuncia.
        """,
    ),
    "daily life": subject(
        "name | part | maker | place",
        """
        el hilo | el huso; la lana; el tinte | las hilanderas; los tintoreros | casas de campo; molinos
        la cuerda | el cáñamo; la cera | los cordeleros; los marineros | cordelerías; puertos
        la terminal de autobuses | el reloj; los bancos | los arquitectos; los conductores | barrios; plazas
        la cadena de oro | el eslabón; el cierre | los orfebres; las aprendizas | talleres; ferias
        la ventana de colores | el plomo; el vidrio | los vidrieros; los pintores | catedrales; ayuntamientos
        la red de pesca | el nudo; el corcho; la malla | las rederas; los pescadores | muelles; playas
        la clase nocturna | el pupitre; la pizarra | las maestras; los obreros | escuelas; bibliotecas
        la llave de hierro | el ojo; los dientes; la hoja | los cerrajeros; los herreros | fraguas; mercados
        la tabla de lavar | la madera; el jabón | las lavanderas; los carpinteros | riberas; patios
        la pila bautismal | la piedra; el pie | los canteros; los curas | iglesias; conventos
        """,
        """
        {name} formó parte de la vida diaria en {region} hasta {year}.
        En {place}, {maker} trabajaban junto con {maker}.
        Lo más caro era {part}, que venía de {town}.
        {when} {person} pintó {maker} en pleno trabajo.
        En {town}, {share} de los oficiales había aprendido con {person}.
        En {season} {maker} trabajaban {few} horas al día.
        En {town} se guarda el ejemplar más antiguo, según {person}.
        En {town} vivían {when} {number} familias del oficio.
        Una ley de {year} fijó el precio.
        En {place} aún se cantan coplas sobre {name}.
        En los días de feria la cola ante la puerta llegaba hasta {town}.
        """,
    ),
}

GENERAL = GeneralPatterns(words=WORDS, subjects=SUBJECTS)
