"""The topics of technical posts, in what is written alike in every language: libraries, calls, error messages, tags.

A topic belongs to one of the ten task tags, to another technology, or to no technology in particular; the shared topics
are what makes the tags overlap. The words of the topics in each language are in its TechnicalPatterns.phrases.
"""

from dataclasses import dataclass

from raykd.sample.templates import lines, words

# Task tag -> how posts write it. The ten tags are the most frequent ones of Stack Overflow in the years of the samples.
NAMES = {
    "c#": "C#",
    "java": "Java",
    "php": "PHP",
    "javascript": "JavaScript",
    "android": "Android",
    "jquery": "jQuery",
    "python": "Python",
    "html": "HTML",
    "c++": "C++",
    "ios": "iOS",
}
TAGS = tuple(NAMES)
OTHER = "other"  # the owner of topics that carry none of the ten tags
SHARED = "shared"  # the owner of topics found under every tag

# Tag -> how often a question about it carries another tag too.
COMPANIONS: dict[str, tuple[tuple[str, float], ...]] = {
    "c#": ((".net", 0.35), ("asp.net", 0.2), ("visual-studio", 0.1), ("sql-server", 0.08), ("html", 0.03)),
    "java": (("android", 0.18), ("eclipse", 0.12), ("multithreading", 0.08), ("mysql", 0.05), ("c#", 0.02)),
    "php": (("mysql", 0.35), ("html", 0.2), ("javascript", 0.12), ("apache", 0.08), ("jquery", 0.06)),
    "javascript": (("jquery", 0.35), ("html", 0.25), ("css", 0.1), ("php", 0.06), ("ajax", 0.06)),
    "android": (("java", 0.35), ("android-layout", 0.15), ("sqlite", 0.1), ("eclipse", 0.08)),
    "jquery": (("javascript", 0.5), ("html", 0.25), ("css", 0.12), ("php", 0.08), ("ajax", 0.15)),
    "python": (("python-3.x", 0.2), ("linux", 0.1), ("mysql", 0.05), ("c++", 0.03), ("regex", 0.08)),
    "html": (("css", 0.45), ("javascript", 0.25), ("jquery", 0.15), ("php", 0.08)),
    "c++": (("c", 0.18), ("c++11", 0.15), ("linux", 0.1), ("visual-studio", 0.1), ("c#", 0.03)),
    "ios": (("objective-c", 0.4), ("iphone", 0.3), ("swift", 0.25), ("xcode", 0.2)),
    OTHER: (("linux", 0.1), ("windows", 0.08), ("performance", 0.08), ("algorithm", 0.08)),
}


@dataclass(frozen=True)
class Topic:
    """What one subject of a technology is recognised by; every field but the first three is for the text."""

    name: str
    owner: str  # one of TAGS, OTHER or SHARED
    tags: tuple[str, ...]  # finer tags of which a question on the topic may carry one
    library: tuple[str, ...]
    call: tuple[str, ...]
    error: tuple[str, ...]


def _read(text: str) -> tuple[Topic, ...]:
    """Read topics from text, four lines each: name, owner and tags; libraries; calls; error messages."""
    entries = lines(text)
    topics = []
    for start in range(0, len(entries), 4):
        (name, owner, tags), *pools = (words(entry) for entry in entries[start : start + 4])
        topics.append(Topic(name, owner, tuple(tags.split()), *pools))
    return tuple(topics)


TOPICS = _read("""
linq | c# | linq entity-framework
  LINQ | Entity Framework 6 | NHibernate | Dapper
  .Where(x => x.Id == id) | .FirstOrDefault() | .SelectMany() | .ToList() | IQueryable<T> | DbContext
  Sequence contains no elements | The entity or complex type cannot be constructed in a query
wpf | c# | wpf xaml winforms mvvm
  WPF | Windows Forms | XAML | Prism
  INotifyPropertyChanged | ObservableCollection<T> | Dispatcher.Invoke() | DataGridView | ItemsSource
  Cross-thread operation not valid | BindingExpression path error | XamlParseException was unhandled
mvc | c# | asp.net-mvc asp.net-web-api
  ASP.NET MVC | Web API 2 | Razor | IIS 7
  ActionResult | ModelState.IsValid | @Html.ActionLink() | HttpContext.Current | Web.config | ViewBag
  Object reference not set to an instance of an object | The resource cannot be found
task | c# | async-await multithreading
  .NET 4.5 | the TPL | WCF | NUnit
  Task.Run() | await | BackgroundWorker | SqlConnection | IDisposable | Task.WhenAll() | StreamReader
  A task was canceled | Cannot implicitly convert type 'string' to 'int'
collections | java | collections generics
  Guava | the JDK | Apache Commons | JUnit
  HashMap<String, Integer> | ArrayList.remove() | Iterator.next() | equals() | hashCode() | Comparator
  ConcurrentModificationException | ArrayIndexOutOfBoundsException: 5
swing | java | swing user-interface
  Swing | JavaFX | AWT | NetBeans
  JPanel | JTable.getModel() | ActionListener | SwingUtilities.invokeLater() | JFrame | GridBagLayout
  Exception in thread AWT-EventQueue-0 | NullPointerException at actionPerformed
spring | java | spring hibernate jsp
  Spring Boot | Hibernate | Tomcat 7 | Struts 2
  @Autowired | @RequestMapping | SessionFactory | EntityManager.persist() | HttpServletRequest
  LazyInitializationException: could not initialize proxy | No qualifying bean of type found
maven | java | maven jvm
  Maven | Gradle | Log4j | Eclipse
  pom.xml | System.out.println() | Scanner.nextLine() | Integer.parseInt() | public static void main
  NoClassDefFoundError | Could not find or load main class | OutOfMemoryError: PermGen space
mysqli | php | mysql mysqli pdo
  PDO | MySQLi | phpMyAdmin | XAMPP
  mysqli_query() | $stmt->execute() | mysql_fetch_array() | bindParam() | $row['id']
  Warning: mysql_fetch_array() expects parameter 1 to be resource, boolean given
session | php | session forms
  Apache | nginx | WAMP | cURL
  session_start() | $_POST['name'] | header('Location') | isset() | $_SESSION | setcookie()
  Cannot modify header information - headers already sent | Notice: Undefined index | Undefined variable
laravel | php | laravel wordpress codeigniter
  Laravel 4 | WordPress | CodeIgniter | Symfony2 | Composer
  Route::get() | wp_enqueue_script() | $this->load->view() | Eloquent | add_action() | artisan migrate
  Class 'App' not found | TokenMismatchException | Fatal error: Call to a member function on a non-object
preg | php | arrays regex
  Smarty | PEAR | SimpleXML | Zend
  preg_replace() | explode() | array_push() | json_encode() | foreach | strtotime() | file_get_contents()
  Invalid argument supplied for foreach() | Parse error: syntax error, unexpected T_STRING
promise | javascript | closures promise ecmascript-6
  Bluebird | Lodash | Babel | webpack
  Promise.all() | setTimeout() | .then() | bind(this) | Array.prototype.map | async | JSON.parse() | prototype
  undefined is not a function | Unexpected token u in JSON at position 0
node | javascript | node.js express mongodb
  Node | Express | npm | Mongoose | socket.io
  require() | app.get('/') | module.exports | res.send() | req.body | process.env | fs.readFile()
  Cannot find module 'express' | EADDRINUSE | Can't set headers after they are sent
dom | javascript | dom events
  D3 | the browser | Chrome | Firefox 20
  document.getElementById() | addEventListener() | innerHTML | XMLHttpRequest | event.preventDefault()
  Cannot read property 'value' of null | Cannot set property 'innerHTML' of null
angular | javascript | angularjs reactjs
  AngularJS | React | Backbone | Knockout
  $scope.$apply() | ng-repeat | this.setState() | $http.get() | ng-model | componentDidMount()
  $digest already in progress | Unknown provider: $scopeProvider
listview | android | listview adapter
  RecyclerView | Picasso | the support library | Volley
  getView() | notifyDataSetChanged() | ListView | ArrayAdapter | findViewById() | R.layout.row | convertView
  The content of the adapter has changed but ListView did not receive a notification
fragment | android | fragments android-intent
  ActionBarSherlock | ViewPager | Material Design | API 21
  onCreateView() | startActivityForResult() | Intent | getActivity() | Bundle | onSaveInstanceState()
  Can not perform this action after onSaveInstanceState | Unable to start activity ComponentInfo
service | android | service bluetooth google-maps
  Google Play services | Firebase | GCM | Retrofit
  AsyncTask | doInBackground() | BroadcastReceiver | AlarmManager | onLocationChanged() | SharedPreferences
  NetworkOnMainThreadException | Permission Denial: requires INTERNET
gradle | android | android-studio gradle emulator
  the SDK | the emulator | ADB | ProGuard
  build.gradle | AndroidManifest.xml | minSdkVersion | logcat | R.java | adb install | compileSdkVersion
  INSTALL_FAILED_OLDER_SDK | Failed to sync project | Unable to execute dex: method ID not in [0, 0xffff]
ajax | jquery | ajax json
  jqXHR | JSONP | Fiddler | Firebug
  $.ajax() | $.getJSON() | .done() | $.post() | dataType: 'json' | .serialize() | success: function(data)
  parsererror | No 'Access-Control-Allow-Origin' header is present | jqXHR.responseText is empty
selector | jquery | jquery-selectors css-selectors
  Sizzle | Chrome | IE8 | JSFiddle
  $('#id').val() | .closest() | $(this).find() | .addClass() | .parent() | :checked | .attr('href')
  $ is not defined | Syntax error, unrecognized expression | Object doesn't support this property or method
plugin | jquery | jquery-ui datatables jquery-plugins
  DataTables | Select2 | jQuery-UI | FancyBox | Bootstrap
  .datepicker() | .dialog() | .autocomplete() | .sortable() | .dataTable() | .tooltip() | .validate()
  cannot call methods on dialog prior to initialization | .datepicker is not a function
animation | jquery | animation jquery-mobile scroll
  Isotope | Flexslider | jQuery-Mobile | Waypoints
  .slideToggle() | .animate() | .fadeIn(400) | .hover() | .scrollTop() | .on('click') | .stop()
  Maximum call stack size exceeded | animate is not a function | Cannot read property 'top' of undefined
pandas | python | pandas numpy matplotlib
  pandas | NumPy | matplotlib | SciPy | scikit-learn
  df.groupby() | np.array() | plt.plot() | .iloc[0] | pd.read_csv() | df.merge() | np.where() | .reshape()
  ValueError: operands could not be broadcast together | KeyError: 'date' | SettingWithCopyWarning
django | python | django flask sqlalchemy
  Django 1.6 | Flask | SQLAlchemy | Celery | Gunicorn
  models.ForeignKey | urls.py | render_to_response() | settings.py | @app.route | objects.filter()
  ImproperlyConfigured | NoReverseMatch at / | OperationalError: no such table | TemplateDoesNotExist
comprehension | python | list dictionary string
  itertools | collections | re | unittest
  enumerate() | dict.items() | def __init__(self) | zip() | lambda x: x[1] | sorted(key=) | re.findall()
  IndentationError: expected an indented block | TypeError: 'NoneType' object is not iterable
package | python | pip tkinter scrapy
  pip | virtualenv | BeautifulSoup | Tkinter | Scrapy | PyQt
  import os | pip install | subprocess.Popen() | __name__ == '__main__' | soup.find_all() | setup.py
  ImportError: No module named requests | SyntaxError: invalid syntax
layout | html | css css3 twitter-bootstrap
  Bootstrap 3 | Flexbox | IE7 | Safari
  <div class="row"> | float: left | position: absolute | display: inline-block | z-index | @media | <ul>
  the W3C validator says: stray end tag | Unclosed element div | property ignored: unknown value
form | html | forms input
  the W3C validator | Opera | Chrome | the browser
  <form action> | <input type="text"> | <select> | required | placeholder | <label for> | <button>
  Please fill out this field | An invalid form control is not focusable | Element label not allowed here
media | html | video svg html5-canvas
  Modernizr | SVG | the canvas | Flash
  <video> | <canvas> | <iframe> | <img src> | <svg> | <audio autoplay> | <source> | localStorage
  Refused to display in a frame | Not allowed to load local resource | MIME type video/mp4 is not supported
page | html | email table meta
  Outlook | Gmail | Thunderbird | Dreamweaver
  <table> | <td colspan> | <meta charset> | <head> | <a href> | <br> | &nbsp; | <!DOCTYPE>
  Document type not declared | Bad value for attribute | The character encoding was not declared
template | c++ | templates stl boost
  Boost | the STL | GCC 4.7 | Clang
  std::vector<int> | template<typename T> | std::map::find() | auto | std::sort() | constexpr | boost::bind
  no matching function for call to | template argument deduction failed | invalid use of incomplete type
pointer | c++ | pointers memory-management
  valgrind | gdb | MSVC | Visual Studio 2010
  std::unique_ptr | delete[] | const char* | new int[10] | operator= | virtual ~ | std::shared_ptr | memcpy()
  Segmentation fault (core dumped) | double free or corruption | Access violation reading location 0x00000000
qt | c++ | qt opencv opengl
  Qt 5 | OpenCV | OpenGL | SFML | MFC
  QObject::connect() | cv::Mat | glDrawArrays() | QWidget | SIGNAL(clicked()) | imread() | glBindBuffer()
  OpenCV Error: Assertion failed | QObject: Cannot create children | GL_INVALID_OPERATION
linker | c++ | linker cmake c++11
  CMake | MinGW | g++ | make
  #include <iostream> | extern "C" | #ifndef | CMakeLists.txt | -std=c++0x | std::cin | std::string
  undefined reference to | LNK2019: unresolved external symbol | multiple definition of | expected ';' before
tableview | ios | uitableview uicollectionview
  UIKit | AFNetworking | CocoaPods | RestKit
  cellForRowAtIndexPath | UITableView | dequeueReusableCellWithIdentifier | reloadData | UICollectionView
  unable to dequeue a cell with identifier | NSRangeException: index 0 beyond bounds for empty array
autolayout | ios | autolayout storyboard
  Auto Layout | Interface Builder | Storyboard | Masonry
  NSLayoutConstraint | UIView | viewDidLayoutSubviews | CGRectMake() | UIScrollView | UIButton
  Unable to simultaneously satisfy constraints | unrecognized selector sent to instance
coredata | ios | core-data nsurlsession
  Core Data | Realm | the Simulator | iCloud
  NSManagedObjectContext | NSFetchRequest | NSURLSession | dispatch_async() | NSUserDefaults | NSDictionary
  EXC_BAD_ACCESS code=1 | NSInternalInconsistencyException | NSInvalidArgumentException
controller | ios | swift uinavigationcontroller xcode
  Xcode 6 | Swift | TestFlight | Cocoa Touch
  UIViewController | prepareForSegue | viewDidLoad | @IBOutlet | pushViewController | AppDelegate
  fatal error: unexpectedly found nil while unwrapping an Optional | code signing identity not found
sql | other | sql sql-server oracle postgresql
  Oracle | PostgreSQL | SQL Server 2008 | SQLite
  SELECT DISTINCT | LEFT JOIN | GROUP BY | ROW_NUMBER() OVER | CREATE INDEX | VARCHAR(50) | COALESCE()
  ORA-00904: invalid identifier | Deadlock found when trying to get lock
git | other | git github svn
  git | GitHub | SVN | Jenkins
  git rebase -i | git push origin master | git stash | .gitignore | git merge | HEAD~1 | git cherry-pick
  fatal: refusing to merge unrelated histories | CONFLICT (content): Merge conflict
shell | other | bash linux shell
  bash | Ubuntu 12.04 | cron | vim
  grep -r | awk '{print $1}' | chmod +x | sed -i | ssh | crontab -e | find . -name | tar xzf
  command not found | Permission denied | bad interpreter: No such file or directory | Broken pipe
rails | other | ruby-on-rails ruby
  Rails 4 | Devise | RSpec | Bundler
  has_many | rake db:migrate | before_action | Gemfile | attr_accessor | form_for | ActiveRecord | bundle exec
  undefined method for nil:NilClass | No route matches [GET] | Could not find a JavaScript runtime
excel | other | excel vba r
  Excel | Access | R | MATLAB
  VLOOKUP() | Range("A1") | Sub Main() | ActiveSheet | data.frame | ggplot() | Worksheets(1) | lapply()
  Run-time error '1004' | Subscript out of range | object of type 'closure' is not subsettable
strings | shared | string
  UTF-8 | Unicode | regex | the console
  split() | replace() | length | toString() | substring() | trim() | indexOf() | format()
  index out of range | invalid character | unexpected end of input
threads | shared | multithreading
  the debugger | the profiler | the scheduler | a thread pool
  Thread | lock | sleep() | join() | run() | wait() | start() | Timer
  timeout expired | deadlock detected | stack overflow
databases | shared | database
  MySQL | SQLite | MongoDB | Redis
  SELECT * | INSERT | connect() | query() | commit() | id | UPDATE | NULL
  duplicate entry for key | connection refused | too many connections
loops | shared | loops arrays
  the compiler | the IDE | the interpreter | the documentation
  for | while | i++ | array[i] | return | if | else | sort()
  null reference | out of bounds | syntax error
files | shared | file
  Dropbox | S3 | XML | CSV
  open() | read() | write() | close() | path | File | upload() | config.xml
  file not found | access denied | unexpected EOF
network | shared | json rest
  OAuth | JSON | HTTPS | the proxy | localhost
  GET | POST | token | http://localhost:8080 | status 200 | Content-Type | login() | request
  404 | 500 Internal Server Error | 401
objects | shared | oop class
  MVC | the framework | the design pattern | the API
  class | this | static | null | private | constructor | interface | get()
  not a function | undefined | cannot be null
screens | shared | user-interface
  the app | the page | the website | the emulator
  onClick | button | show() | hide() | width | refresh() | label | update()
  blank screen | nothing in the log | not responding
""")
