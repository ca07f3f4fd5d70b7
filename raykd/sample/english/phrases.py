"""English words for the topics of technical posts: things, goals (infinitives) and symptoms (clauses)."""

from raykd.sample.language import phrases

PHRASES = phrases("""
linq
  query | lambda expression | entity | navigation property | extension method
  join two lists on a key | group the rows by month | load related entities in one query | sort by two fields
  the query runs once per row | the result is always empty | lazy loading hits the database again
wpf
  view model | data binding | grid | user control | dependency property
  bind a collection to a grid | update the window from a worker | style a button in a template
  the grid stays empty | the binding is ignored | the window freezes while the data loads
mvc
  controller | partial view | action method | routing table | anti-forgery token
  post a model to the controller | return a partial view | read a cookie in a filter | redirect after login
  the model is null on post | the route is not matched | the session expires too early
task
  delegate | generic method | awaitable | web service reference | event handler
  cancel a running task | call a service without blocking | convert a nullable value | cast an enum
  the await never returns | the form hangs | the compiler rejects the cast
collections
  hash map | iterator | generic list | comparator | linked list
  remove entries while iterating | sort a map by value | compare two objects | copy a list into an array
  the map loses entries | equal keys are stored twice | the iterator throws in the second round
swing
  panel | frame | layout manager | table model | action listener
  repaint a panel | close one frame and open the next | align labels in a grid bag
  the frame is grey | the component is not painted | the event queue blocks
spring
  bean | servlet | annotation | session factory | application context
  inject a bean into a servlet | map an entity with a composite key | deploy a war | roll back a transaction
  the bean is not injected | the proxy has no session | the context fails to start
maven
  jar | class path | scanner | build path | virtual machine
  package an executable jar | read numbers from the keyboard | set the heap size | add a dependency
  the main class is not found | the scanner skips a line | the heap runs full
mysqli
  prepared statement | result set | connection string | database row | insert id
  escape the user input | fetch all rows into an array | insert a form into a table | count the rows
  the query returns false | only the first row is shown | quotes break the statement
session
  session variable | upload form | cookie | header | login script
  keep the user logged in | upload an image | redirect after the form is sent | send a mail with attachment
  the session is lost after the redirect | the headers are already sent | the post array is empty
laravel
  plugin | route | migration | theme | blade view
  write a shortcode | remove index from the url | seed a table | add a custom post type
  the route gives a blank page | the theme does not load | the token does not match
preg
  associative array | regular expression | date string | feed | nested array
  sort a multidimensional array | strip tags from a string | parse a feed | merge two arrays by key
  the array is printed as text | the pattern matches too much | the date is off by one day
promise
  closure | callback | prototype | arrow function | promise chain
  wait for all promises | clone an object deeply | pass this to a callback | debounce a handler
  the callback fires before the value is there | this points to the window | the loop variable is stale
node
  middleware | module | route handler | socket | schema
  share a connection between modules | stream a file to the client | read a query parameter
  the server crashes on the second request | the body is empty | the socket connects twice
dom
  event listener | node | script tag | popup window | element
  append a node to the body | stop an event from bubbling | read the value of a drop-down
  the element is null | the listener fires twice | the script runs before the page is ready
angular
  directive | component | scope | watcher | virtual tree
  share data between controllers | filter a repeated list | render a component on change
  the view is not updated | the digest loops | the state is one step behind
listview
  list view | adapter | row layout | image view | cursor
  load images into a list | handle a click on a row | add a header to the list
  the list scrolls to the top | rows show the wrong picture | scrolling is not smooth
fragment
  fragment | activity | intent | action bar | back stack
  pass an object to an activity | go back two screens | keep the state on rotation | hide the keyboard
  the activity restarts on rotation | the fragment is null | the back button closes everything
service
  broadcast receiver | background service | notification | push message | gps fix
  run a job at night | cancel a notification | read the location | keep the phone awake
  the service is killed | the location is null | the phone never receives the push
gradle
  manifest | emulator | apk | resource file | permission
  sign an apk | support small screens | use a library project | install on a device
  the emulator is very slow | the resource id is missing | the build does not sync
ajax
  ajax call | success callback | response object | loading spinner | json response
  send a form without reload | loop over the returned objects | show a spinner while loading
  the success function is never called | the response is a string | the request is sent twice
selector
  selector | checkbox | table row | child element | data attribute
  get the value of the checked box | select the parent row | find the next sibling with a class
  the selector finds nothing | only the first match changes | new rows do not react to the click
plugin
  date picker | dialog | data table | autocomplete box | sortable list
  disable weekends in the picker | open a dialog on load | validate two fields together
  the dialog opens only once | the picker is hidden behind the dialog | the table loses its paging
animation
  slide-down menu | carousel | hover effect | scroll position | accordion
  fade an image in | toggle a menu | scroll to an anchor slowly | stop the queue of effects
  the menu flickers | the animation jumps at the end | the effects pile up
pandas
  data frame | series | numpy array | plot | multi-index
  group by two columns | plot two curves in one figure | drop rows with nan | vectorise a loop
  the merge doubles the rows | the axis labels overlap | the shape does not match
django
  model | migration | template tag | queryset | url pattern
  filter on a foreign key | serve static files | add a field to a model | extend the user model
  the template is not found | the migration is not applied | the csrf check fails
comprehension
  list comprehension | dictionary | generator | tuple | decorator
  flatten a list of lists | sort a dictionary by value | reverse a string | count items in a list
  the list changes while iterating | the default argument is shared | the text is not ascii
package
  virtual environment | module | scraper | wheel | main window
  install a package without root | call a script from another | scrape a table | parse arguments
  the module is not found | the import is circular | the subprocess never ends
layout
  div | column | footer | style sheet | navigation bar
  centre a div | make two columns of equal height | keep the footer at the bottom | float an image
  the div overlaps the footer | the margin collapses | the column drops to the next line
form
  input field | drop-down list | placeholder | label | submit button
  style a file input | reset a form | put a label above the field | limit the length of an input
  the field is not sent | the placeholder is missing | enter submits the form
media
  video tag | canvas | iframe | vector graphic | audio player
  scale a video to the page | draw a line on the canvas | embed a map | print a page
  the video does not play | the iframe is cut off | the picture is blurred
page
  newsletter | table cell | anchor | meta tag | heading
  send a newsletter with a table | merge two cells | link to a section | show a special character
  the table is too wide | umlauts are broken | the mail looks different
template
  vector | template parameter | functor | iterator | constant expression
  sort a vector of structs | return a vector | specialise a template | erase while iterating
  the template does not deduce | the iterator is invalid | the copy is slow
pointer
  smart pointer | destructor | raw pointer | reference | virtual function
  delete an array of pointers | return a reference | overload an operator | avoid a memory leak
  the destructor is called twice | the pointer dangles | the program crashes on exit
qt
  widget | slot | matrix | vertex buffer | shader
  connect a signal to a slot | convert an image to grey | draw a cube | resize a widget
  the slot is never called | the texture is black | the image is empty
linker
  header file | namespace | static library | object file | make file
  link a static library | split a class in header and source | read a line from the input
  the linker finds no symbol | the symbol is defined twice | the header is included twice
tableview
  table view | cell | section header | collection view | index path
  load images into the cells | delete a row with a swipe | resize a cell to its text
  the cells are mixed up | the table does not reload | the selection is lost
autolayout
  constraint | scroll view | subview | storyboard | label
  centre a view in code | animate a constraint | scroll when the keyboard shows | round the corners
  the constraint breaks | the view has the old frame | the label is truncated
coredata
  managed object | fetch request | predicate | completion block | dictionary
  fetch unique values | save in the background | parse a response into objects | sort by date
  the context does not save | the fetch is empty | the block is never executed
controller
  view controller | segue | delegate | outlet | optional
  pass data back to the first controller | present a modal view | hide the tab bar | unwrap an optional
  the outlet is nil | the delegate is not called | the simulator shows a black screen
sql
  stored procedure | index | subquery | join | view
  pivot rows into columns | select the latest row | delete duplicates | speed up a join
  the query takes minutes | the join multiplies rows | the index is not used
git
  branch | commit | remote | submodule | tag
  undo the last commit | merge one file | ignore a tracked folder | squash some commits
  the merge conflicts every time | the push is rejected | the branch is ahead
shell
  shell script | pipe | environment variable | cron job | terminal
  replace a string in many files | rename files in bulk | run a script at boot | kill a process by name
  the variable is empty in the loop | the script stops at a space | the terminal closes
rails
  gem | migration | association | helper | scope
  validate two attributes | nest a form | seed the database | test a controller
  the association is nil | the asset is not compiled | the spec fails
excel
  macro | worksheet | cell range | data frame | formula
  copy a range to a sheet | look up a value in two columns | plot by factor | loop over all sheets
  the macro stops | the formula shows a number | the factor levels are wrong
strings
  string | substring | character | pattern | encoding
  split a string by comma | remove white space | compare two strings | replace a character
  the string is empty | special characters are broken | the comparison is always false
threads
  thread | lock | timer | queue | background job
  stop a thread | wait for all threads | share a variable between threads | start a timer
  the thread never ends | both threads print the same number | the timer stops
databases
  database | table | record | connection | query
  insert many rows at once | check if a record exists | store a date | get the last id
  the query is slow | the record is saved twice | the connection is closed
loops
  loop | array | index | condition | variable
  break out of a nested loop | loop over an array | find the largest number | round a float
  the loop never ends | only the last item is kept | the index is off by one
files
  file | folder | upload | path | log file
  read a file line by line | copy a folder | download a file | write to a log
  the file is locked | the path is wrong on the server | the file is empty
network
  request | web service | token | port | certificate
  post data to a web service | parse a response | log in with a token | download a picture
  the request times out | the server answers nothing | the token is refused
objects
  class | object | interface | method | constructor
  call a method of another class | copy an object | access a private field | create an object by name
  the object is null | the method is not visible | the value is lost
screens
  button | menu | text box | image | page
  hide a button | change the colour on click | open a new window | resize an image
  nothing happens on click | the page is blank | the text is cut off
""")
