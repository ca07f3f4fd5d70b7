"""Russian questions and answers about programming.

{thing} and {library} stand in the nominative or the accusative only, which are alike for all of them.
"""

from raykd.sample.language import TechnicalPatterns
from raykd.sample.russian.phrases import PHRASES
from raykd.sample.templates import lines, words

TERMS = {
    "the JDK": "JDK",
    "the TPL": "TPL",
    "the STL": "STL",
    "the SDK": "SDK",
    "the browser": "браузер",
    "the emulator": "эмулятор",
    "the support library": "Support Library",
    "the Simulator": "симулятор",
    "the W3C validator": "валидатор W3C",
    "the canvas": "холст",
    "the console": "вывод в консоль",
    "the debugger": "отладчик",
    "the profiler": "профайлер",
    "the scheduler": "планировщик",
    "a thread pool": "пул потоков",
    "the compiler": "компилятор",
    "the IDE": "редактор кода",
    "the interpreter": "интерпретатор",
    "the documentation": "официальный мануал",
    "the proxy": "прокси",
    "the framework": "фреймворк",
    "the design pattern": "паттерн",
    "the API": "API",
    "the app": "приложение",
    "the page": "лендинг",
    "the website": "сайт",
    "blank screen": "белый экран",
    "nothing in the log": "в логе пусто",
    "not responding": "не отвечает",
    "file not found": "файл не найден",
    "access denied": "отказано в доступе",
    "timeout expired": "время ожидания истекло",
}

WORDS = {
    "when": words(
        "при нажатии на кнопку | при втором вызове | при первом запуске | после последнего обновления"
        " | в релизной сборке | на сервере | из другого потока | на Windows 7 | из терминала"
        " | на машине коллеги | на больших данных | только на проде | каждые {few} минут"
        " | через {few} часов | под отладчиком | за прокси | если заходят {few} пользователей сразу"
        " | на старой машине | с настройками по умолчанию | при старте"
    ),
    "few": words("пять | шесть | семь | 10 | 12 | 20 | 30"),
    "sure": words("действительно | почему-то | всегда | вдруг | иногда | видимо | естественно | в итоге"),
    "work": words(
        "для работы | для курсовой | для диплома | для небольшой утилиты | для своего проекта | для прототипа"
        " | для старой системы"
    ),
    "people": words("начальник | коллега | заказчик | наш тестировщик | преподаватель | клиент | знакомый"),
    "software": words(
        "интернет-магазин | чат | калькулятор | отчёт | личный кабинет | текстовый редактор | импорт данных"
        " | телеграм-бот | сервис бронирования"
    ),
    "inside": words("в интернет-магазине | в игре | в чате | в калькуляторе | в отчёте | в админке | в боте"),
    "piece": words("класс | метод | поток | объект | цикл | порт | ключ | плагин | скрипт | стек | таймер | драйвер"),
}

TITLES = lines("""
    Как {goal}?
    Как {goal} через {library}?
    Как можно {goal} {when}?
    {error}
    {error} {when}
    {call}: {symptom}
    Почему {symptom} {when}?
    {symptom} {when}
    {library}: как {goal}?
    {library} и {thing}: в чём проблема?
    Как лучше {goal}?
    Как правильно {goal} {inside}?
    {call} не работает {when}
    Как использовать {call}, чтобы {goal}?
    {thing} и {thing}: {symptom}
    Можно ли {goal}, не используя {library}?
    {goal} {when}
    Помогите: {symptom}
    Чем отличаются {call} и {call}?
    Странно ведёт себя {thing}
    Не получается {goal}, {symptom}
    {thing} не работает {when}
    Не могу {goal} {inside}
""")

OPENINGS = lines("""
    Пытаюсь {goal}.
    Всем привет, пытаюсь {goal} {work}, пишу {software}.
    Хочу {goal}, но {symptom}.
    Есть {software}, и там нужно {goal}.
    Нужно, чтобы {thing} и {thing} работали вместе {inside}.
    Мне нужно {goal}, использую {library}.
    Уже {few} месяцев используем {library} {inside}.
    Надо {work} {goal} {when}.
    {people} просит {goal}, а я не знаю, с чего начать.
    Имеется {thing}, с его помощью хочу {goal}.
    Делаю {software}, использую {library} и {library}.
    Сейчас вызываю {call}, чтобы {goal}.
    Бьюсь уже {few} часов, не поддаётся {thing}.
    {inside} у нас есть {thing}.
    Итак, есть {thing}, а внутри ещё {thing}.
    Пишу {software}, дальше никак: мешает {thing}.
    Здравствуйте, подскажите, как {goal}.
""")

ATTEMPTS = lines("""
    Пробовал {call}, но {symptom}.
    Уже пробовала {call} и {call}, без толку.
    Заменил {call} на {call}, стало только хуже.
    Читал [документацию], там сказано, что достаточно {call}.
    Делал по [этому уроку], хотел {goal}.
    Судя по [этому ответу], {thing} нужно создавать раньше, чем {call}.
    Можно взять {library} и так {goal}, но {people} против.
    Отлаживал: {call} получает правильный {piece}.
    Если убрать {call}, {symptom}.
    Гуглил {few} дней, предлагают только {library}.
    Поставил точку останова перед {call} и посмотрел {thing}.
    Знаю, что {library} умеет {goal}, но как?
    Ещё прописал {thing} вручную, не помогло.
    Первая мысль была {goal} через {call}.
    Проверил {thing} два раза.
    Всё перезапускал, кэш чистил.
""")

FAILURES = lines("""
    Но {symptom} {when}.
    Проблема в том, что {symptom}.
    Получаю {error}.
    Вылезает такая ошибка: {error}, причём {when}
    Бросает {error} {when}.
    {sure} падает {when}, пишет {error}.
    {when} {symptom}.
    У меня локально всё работает, а {when} {symptom}.
    В логе только {error}.
    Ошибок никаких, но {symptom}.
    Потом {symptom}, а чуть позже вижу {error}.
    {sure} {symptom}, я уже с ума схожу.
    {sure} игнорирует {thing} {when}.
    До {call} всё хорошо, потом {symptom}.
    Вообще ничего не делает {when}.
    На выходе ерунда {when}.
""")

REMARKS = lines("""
    Я в этом новичок.
    Ещё {few} дней назад всё работало.
    Такой {piece} достался мне по наследству, менять нельзя.
    {people} говорит, что это баг и что виноват {piece}.
    Весь код выложить не могу, там {piece} заказчика.
    Не пинайте сильно, это мой первый вопрос.
    Извините за ошибки, пишу с телефона.
    У меня Windows, на сервере Linux.
    Так бывает {when}, а в остальное время {sure} нет.
    Открываю терминал, запускаю и жду {few} секунд.
    Пользователей у нас тысяч {few}.
    Нужно это только {work}.
    Тащить ещё одну библиотеку ради этого не хочу.
    Поток работает {when}, остальное неважно.
    Туда приходит строка и ещё какой-то {piece}.
    UPD: {sure} бывает и {when}.
    UPD 2: {people} пробует {when}, результат тот же.
    ИМХО это баг, или так задумано?
    Данные лежат в Oracle, таблица большая, если это важно.
    Версия последняя, вроде больше ничего не стоит.
    Можно и на питон переписать, но ява тут привычнее.
""")

QUESTIONS = lines("""
    Что я делаю не так?
    Как можно {goal}?
    Есть ли способ {goal} без {call}?
    Почему {symptom}?
    Умеет ли такое {library}?
    Как правильно {goal}?
    Что лучше использовать: {call} или {call}?
    Есть идеи, почему {symptom} {when}?
    Объясните, пожалуйста, что здесь делает {thing}?
    Это известный баг, если использовать {library}?
    Куда нужно поставить {thing}?
    Есть ли решение получше {when}?
    Подскажите, куда копать?
    Как бы вы сделали это {inside}?
""")

CLOSINGS = lines("""
    Заранее спасибо!
    Буду благодарен за любую помощь.
    Спасибо.
    Спасибо всем, кто дочитал.
    Помогите, плиз, {people} ждёт.
    С уважением
    Рад любой подсказке.
    Спс
""")

NAMING = lines("""
    Недавно начал изучать {name}.
    Пишу на {name}, это {software}.
    Хотелось бы решение на чистом {name}.
    Пишу на {name} уже {few} месяцев.
    На {name} это вообще так делается?
    Свой {name} я подзабыл.
""")

MENTIONS = lines("""
    Раньше писал на {other}, там это просто.
    На {other} это была бы одна строка.
    То же самое делал на {other}, проблем не было.
    {people} говорит, что надо было брать {other}.
    Вторая половина написана на {other}.
""")

ITEMS = lines("""
    {goal}
    сначала создаётся {thing}
    вызвать {call}
    {symptom}
    установить {library}
    открыть {software}
    подождать {few} секунд
    проверить {thing} {when}
""")

CODE_LEADS = lines("""
    Вот мой код:
    Вот что есть на данный момент:
    Нужный кусок:
    Вот так выглядит {thing}:
    Код, где создаётся {thing}:
    Вызываю вот так:
    Собственно {piece}:
""")

ADVICE = lines("""
    Здесь нужен {call}, а не {call}.
    Используйте лучше {call}.
    Дело в том, что {thing} создаётся раньше, чем срабатывает {call}.
    Ваш код в порядке, виноват {call}.
    {library} делает это за вас, смотрите [документацию].
    Чтобы {goal}, сначала нужно настроить {thing}.
    Сообщение {error} значит, что {call} получает не тот {piece}.
    Всякий раз, когда {symptom}, смотрите сначала на {thing}.
    Вынесите {call} отдельно, а {piece} оставьте как есть.
    {call} возвращает новый объект, а старый не меняет.
    Так задумано: {library} хранит {thing} в одном экземпляре.
    Попробуйте вот что {when}:
    В старых версиях {symptom}, исправили {few} месяцев назад.
    Посмотрите на {library}, там можно сразу {goal}.
    Была та же беда {when}, помог {call}.
    Не нужно делить {thing} между потоками.
    Проверьте, что {piece} не null, а потом уже обращайтесь.
    Сначала надо {goal}, потом вызывать {call}.
""")

VERDICTS = lines("""
    Надеюсь, поможет.
    Этого должно хватить.
    У меня работает {when}.
    Смотрите ещё [этот вопрос].
    Учтите: {symptom}, если забыть {call}.
    Проверял через {library}.
    Пишите, если опять упадёт {when}.
""")

TECHNICAL = TechnicalPatterns(
    words=WORDS,
    phrases=PHRASES,
    terms=TERMS,
    titles=TITLES,
    openings=OPENINGS,
    attempts=ATTEMPTS,
    failures=FAILURES,
    remarks=REMARKS,
    questions=QUESTIONS,
    closings=CLOSINGS,
    naming=NAMING,
    mentions=MENTIONS,
    items=ITEMS,
    code_leads=CODE_LEADS,
    advice=ADVICE,
    verdicts=VERDICTS,
)
