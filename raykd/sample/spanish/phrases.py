"""Spanish words for the topics of technical posts: things (with their article), goals (infinitives), symptoms."""

from raykd.sample.language import phrases

PHRASES = phrases("""
linq
  la consulta | la expresión lambda | la entidad | la propiedad de navegación | el método de extensión
  unir dos listas por una clave | agrupar las filas por mes | cargar las entidades relacionadas de una vez
  la consulta se ejecuta una vez por fila | el resultado siempre sale vacío | la carga diferida vuelve a la base
wpf
  el modelo de vista | el enlace de datos | la rejilla | el control de usuario | la propiedad de dependencia
  enlazar una colección a una rejilla | actualizar la ventana desde otro hilo | dar estilo a un botón en una plantilla
  la rejilla sigue vacía | el enlace se ignora | la ventana se congela mientras carga los datos
mvc
  el controlador | la vista parcial | el método de acción | la tabla de rutas | el token antifalsificación
  enviar un modelo al controlador | devolver una vista parcial | leer una cookie en un filtro
  el modelo llega nulo al enviarlo | la ruta no coincide | la sesión caduca antes de tiempo
task
  el delegado | el método genérico | la tarea asíncrona | la referencia de servicio | el controlador de eventos
  cancelar una tarea en curso | llamar a un servicio sin bloquear | convertir un valor anulable | convertir un enum
  el await no vuelve nunca | el formulario se cuelga | el compilador rechaza la conversión
collections
  el mapa hash | el iterador | la lista genérica | el comparador | la lista enlazada
  borrar entradas mientras itero | ordenar un mapa por valor | comparar dos objetos | copiar una lista en un arreglo
  el mapa pierde entradas | las claves iguales se guardan dos veces | el iterador falla en la segunda vuelta
swing
  el panel | el marco | el gestor de diseño | el modelo de tabla | el oyente de acciones
  repintar un panel | cerrar un marco y abrir el siguiente | alinear las etiquetas en la cuadrícula
  el marco sale gris | el componente no se pinta | la cola de eventos se bloquea
spring
  el bean | el servlet | la anotación | la fábrica de sesiones | el contexto de aplicación
  inyectar un bean en un servlet | mapear una entidad con clave compuesta | desplegar un war | deshacer una transacción
  el bean no se inyecta | el proxy no tiene sesión | el contexto no arranca
maven
  el jar | la ruta de clases | el escáner | la ruta de compilación | la máquina virtual
  empaquetar un jar ejecutable | leer números desde el teclado | fijar el tamaño del montón | añadir una dependencia
  no encuentra la clase principal | el escáner se salta una línea | el montón se llena
mysqli
  la sentencia preparada | el conjunto de resultados | la cadena de conexión | el registro | el id insertado
  escapar lo que escribe el usuario | volcar todas las filas en un arreglo | guardar un formulario en una tabla
  la consulta devuelve false | solo se muestra la primera fila | las comillas rompen la sentencia
session
  la variable de sesión | el formulario de subida | la cookie | la cabecera | el script de acceso
  mantener la sesión iniciada | subir una imagen | redirigir tras el envío | mandar un correo con adjunto
  la sesión se pierde al redirigir | las cabeceras ya se enviaron | el arreglo post llega vacío
laravel
  el complemento | la ruta | la migración | el tema | la vista blade
  escribir un shortcode | quitar index de la url | rellenar una tabla | añadir un tipo de entrada propio
  la ruta da una página en blanco | el tema no carga | el token no coincide
preg
  el arreglo asociativo | la expresión regular | la fecha en texto | el feed | el arreglo anidado
  ordenar un arreglo multidimensional | quitar las etiquetas de un texto | leer un feed | mezclar dos arreglos por clave
  el arreglo se imprime como texto | el patrón captura de más | la fecha se desplaza un día
promise
  la clausura | el callback | el prototipo | la función flecha | la cadena de promesas
  esperar a todas las promesas | clonar un objeto a fondo | pasar this a un callback | limitar un controlador
  el callback salta antes de tener el valor | this apunta a window | la variable del bucle queda vieja
node
  el middleware | el módulo | el manejador de ruta | el socket | el esquema
  compartir una conexión entre módulos | enviar un archivo como flujo | leer un parámetro de la url
  el servidor se cae con la segunda petición | el cuerpo llega vacío | el socket se conecta dos veces
dom
  el oyente de eventos | el nodo | la etiqueta script | la ventana emergente | el elemento
  añadir un nodo al body | detener la propagación de un evento | leer el valor de un desplegable
  el elemento es null | el oyente se dispara dos veces | el script corre antes de que cargue la página
angular
  la directiva | el componente | el scope | el watcher | el árbol virtual
  compartir datos entre controladores | filtrar una lista repetida | pintar un componente cuando cambia
  la vista no se actualiza | el digest entra en bucle | el estado va un paso por detrás
listview
  la vista de lista | el adaptador | el diseño de fila | la vista de imagen | el cursor
  cargar imágenes en una lista | responder al toque en una fila | poner una cabecera a la lista
  la lista salta al principio | las filas muestran otra foto | el desplazamiento va a tirones
fragment
  el fragmento | la actividad | el intent | la barra de acciones | la pila de retroceso
  pasar un objeto a una actividad | volver dos pantallas | guardar el estado al girar | ocultar el teclado
  la actividad se reinicia al girar | el fragmento es nulo | el botón atrás lo cierra todo
service
  el receptor | el servicio en segundo plano | la notificación | el mensaje push | la posición gps
  lanzar un trabajo de noche | cancelar una notificación | leer la ubicación | mantener despierto el teléfono
  el sistema mata el servicio | la ubicación es nula | el teléfono nunca recibe el push
gradle
  el manifiesto | el emulador | el apk | el archivo de recursos | el permiso
  firmar un apk | soportar pantallas pequeñas | usar un proyecto de biblioteca | instalar en un dispositivo
  el emulador va lentísimo | falta el id del recurso | la compilación no sincroniza
ajax
  la llamada ajax | el callback de éxito | la respuesta | el indicador de carga | la respuesta json
  enviar un formulario sin recargar | recorrer los objetos devueltos | mostrar un indicador mientras carga
  nunca se llama a la función success | la respuesta es una cadena | la petición sale dos veces
selector
  el selector | la casilla | la fila de la tabla | el elemento hijo | el atributo data
  obtener el valor de la casilla marcada | seleccionar la fila padre | buscar el hermano siguiente con una clase
  el selector no encuentra nada | solo cambia la primera coincidencia | las filas nuevas no reaccionan al clic
plugin
  el calendario emergente | el diálogo | la tabla de datos | el autocompletado | la lista ordenable
  desactivar los fines de semana | abrir un diálogo al cargar | validar dos campos a la vez
  el diálogo se abre una sola vez | el calendario queda detrás del diálogo | la tabla pierde la paginación
animation
  el menú desplegable | el carrusel | el efecto al pasar el ratón | la posición del scroll | el acordeón
  hacer aparecer una imagen | alternar un menú | bajar despacio hasta un ancla | parar la cola de efectos
  el menú parpadea | la animación salta al final | los efectos se amontonan
pandas
  el dataframe | la serie | el arreglo de numpy | el gráfico | el índice múltiple
  agrupar por dos columnas | dibujar dos curvas en una figura | quitar las filas con nan | vectorizar un bucle
  el merge duplica las filas | las etiquetas del eje se solapan | las dimensiones no cuadran
django
  el modelo | la migración | la etiqueta de plantilla | el queryset | el patrón de url
  filtrar por clave foránea | servir archivos estáticos | añadir un campo a un modelo | ampliar el modelo de usuario
  no encuentra la plantilla | la migración no se aplica | falla la comprobación csrf
comprehension
  la comprensión de listas | el diccionario | el generador | la tupla | el decorador
  aplanar una lista de listas | ordenar un diccionario por valor | invertir una cadena | contar repetidos en una lista
  la lista cambia mientras itero | el argumento por defecto se comparte | el texto no es ascii
package
  el entorno virtual | el módulo | el scraper | el paquete wheel | la ventana principal
  instalar un paquete sin ser root | llamar a un script desde otro | raspar una tabla | leer los argumentos
  no encuentra el módulo | la importación es circular | el subproceso no termina
layout
  el div | la columna | el pie de página | la hoja de estilos | la barra de navegación
  centrar un div | hacer dos columnas de igual altura | fijar el pie abajo | poner una imagen flotante
  el div tapa el pie | los márgenes colapsan | la columna cae a la línea siguiente
form
  el campo de texto | la lista desplegable | el placeholder | la etiqueta del campo | el botón de envío
  dar estilo a un input de archivo | vaciar un formulario | poner el rótulo sobre el campo | limitar la longitud
  el campo no se envía | no aparece el placeholder | la tecla intro envía el formulario
media
  la etiqueta de vídeo | el lienzo | el iframe | el gráfico vectorial | el reproductor de audio
  ajustar un vídeo a la página | dibujar una línea en el lienzo | incrustar un mapa | imprimir una página
  el vídeo no se reproduce | el iframe sale cortado | la imagen se ve borrosa
page
  el boletín | la celda | el ancla | la etiqueta meta | el encabezado
  mandar un boletín con una tabla | combinar dos celdas | enlazar a una sección | mostrar un carácter especial
  la tabla es demasiado ancha | las eñes salen mal | el correo se ve distinto
template
  el vector | el parámetro de plantilla | el functor | el iterador | la expresión constante
  ordenar un vector de structs | devolver un vector | especializar una plantilla | borrar mientras recorro
  la plantilla no deduce el tipo | el iterador queda inválido | la copia es lenta
pointer
  el puntero inteligente | el destructor | el puntero crudo | la referencia | la función virtual
  liberar un arreglo de punteros | devolver una referencia | sobrecargar un operador | evitar una fuga de memoria
  el destructor se llama dos veces | el puntero queda colgando | el programa revienta al salir
qt
  el widget | el slot | la matriz | el búfer de vértices | el shader
  conectar una señal con un slot | pasar una imagen a gris | dibujar un cubo | redimensionar un widget
  nunca se llama al slot | la textura sale negra | la imagen está vacía
linker
  el archivo de cabecera | el espacio de nombres | la biblioteca estática | el archivo objeto | el makefile
  enlazar una biblioteca estática | separar una clase en cabecera y fuente | leer una línea de la entrada
  el enlazador no encuentra el símbolo | el símbolo está definido dos veces | la cabecera se incluye dos veces
tableview
  la vista de tabla | la celda | la cabecera de sección | la vista de colección | el index path
  cargar imágenes en las celdas | borrar una fila deslizando | ajustar una celda a su texto
  las celdas se mezclan | la tabla no se recarga | la selección se pierde
autolayout
  la restricción | el scroll view | la subvista | el storyboard | la etiqueta
  centrar una vista por código | animar una restricción | subir la vista con el teclado | redondear las esquinas
  la restricción se rompe | la vista conserva el marco viejo | el texto sale truncado
coredata
  el objeto gestionado | la petición fetch | el predicado | el bloque de finalización | el diccionario
  obtener valores únicos | guardar en segundo plano | convertir una respuesta en objetos | ordenar por fecha
  el contexto no guarda | el fetch sale vacío | el bloque no se ejecuta nunca
controller
  el view controller | el segue | el delegado | el outlet | el opcional
  devolver datos al primer controlador | presentar una vista modal | ocultar la barra | desempaquetar un opcional
  el outlet es nil | no se llama al delegado | el simulador muestra una pantalla negra
sql
  el procedimiento almacenado | el índice | la subconsulta | el join | la vista
  pasar filas a columnas | elegir la fila más reciente | borrar duplicados | acelerar un join
  la consulta tarda minutos | el join multiplica las filas | el índice no se usa
git
  la rama | el commit | el remoto | el submódulo | la etiqueta
  deshacer el último commit | fusionar un solo archivo | ignorar una carpeta rastreada | juntar varios commits
  el merge da conflictos siempre | el push se rechaza | la rama va por delante
shell
  el script de shell | la tubería | la variable de entorno | la tarea de cron | la terminal
  reemplazar un texto en muchos archivos | renombrar en masa | lanzar un script al arrancar | matar un proceso
  la variable está vacía en el bucle | el script se para en un espacio | la terminal se cierra
rails
  la gema | la migración | la asociación | el helper | el scope
  validar dos atributos | anidar un formulario | sembrar la base de datos | probar un controlador
  la asociación es nil | los assets no se compilan | el spec falla
excel
  la macro | la hoja | el rango de celdas | el data frame | la fórmula
  copiar un rango a otra hoja | buscar un valor en dos columnas | graficar por factor | recorrer todas las hojas
  la macro se detiene | la fórmula muestra un número | los niveles del factor salen mal
strings
  la cadena | la subcadena | el carácter | el patrón | la codificación
  partir una cadena por comas | quitar los espacios | comparar dos cadenas | reemplazar un carácter
  la cadena está vacía | las tildes salen mal | la comparación siempre da falso
threads
  el hilo | el bloqueo | el temporizador | la cola | el trabajo en segundo plano
  parar un hilo | esperar a todos los hilos | compartir una variable entre hilos | arrancar un temporizador
  el hilo no termina nunca | los dos hilos imprimen lo mismo | el temporizador se para
databases
  la base de datos | la tabla | el registro | la conexión | la consulta
  insertar muchas filas a la vez | comprobar si existe un registro | guardar una fecha | obtener el último id
  la consulta va lenta | el registro se guarda dos veces | la conexión está cerrada
loops
  el bucle | el arreglo | el índice | la condición | la variable
  salir de un bucle anidado | recorrer un arreglo | hallar el número mayor | redondear un decimal
  el bucle no acaba nunca | solo queda el último elemento | el índice se pasa en uno
files
  el archivo | la carpeta | la subida | la ruta del archivo | el registro de eventos
  leer un archivo línea a línea | copiar una carpeta | descargar un archivo | escribir en el log
  el archivo está bloqueado | la ruta no existe en el servidor | el archivo está vacío
network
  la petición | el servicio web | el token | el puerto | el certificado
  enviar datos a un servicio web | interpretar una respuesta | entrar con un token | bajar una foto de la red
  la petición agota el tiempo | el servidor no contesta | rechaza el token
objects
  la clase | el objeto | la interfaz | el método | el constructor
  llamar a un método de otra clase | copiar un objeto | leer un campo privado | crear un objeto por su nombre
  el objeto es nulo | el método no es visible | el valor se pierde
screens
  el botón | el menú | la caja de texto | la imagen | la página
  ocultar un botón | cambiar el color al pulsar | abrir otra ventana | redimensionar una imagen
  no pasa nada al pulsar | la página sale en blanco | el texto se corta
""")
