-- A catalogue of 100,000 products for benchmarks, made by the database itself: the same at each run. Texts are put together
-- from real words that belong together, and the server's own model makes the vectors from them (see fillLarge), so that
-- words and distances are shared out as in a real catalogue: few common, many rare, near duplicates in every category.
SET session_replication_role = replica; -- listings and words are made at the end, for all at once

-- share is an even number from 0 to 1 that follows from a product's number and what it decides.
CREATE FUNCTION share(product bigint, decides text) RETURNS float8 LANGUAGE sql IMMUTABLE AS
    $$ SELECT (hashint8(product * 7919 + hashtext(decides)) & 2147483647) / 2147483648.0 $$;
CREATE FUNCTION pick(words text[], product bigint, decides text) RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT words[1 + floor(cardinality(words) * share(product, decides))::int] $$;

CREATE TABLE departments (n bigint GENERATED ALWAYS AS IDENTITY, name text, nouns text[], adjectives text[], materials text[], features text[], uses text[]);
INSERT INTO departments (name, nouns, adjectives, materials, features, uses) VALUES
    ('Audio', '{headphones,earbuds,soundbar,turntable,microphone,speaker,amplifier,radio,headset,subwoofer,equaliser,recorder}', '{wireless,wired,bluetooth,stereo,portable,studio,digital,vintage}', '{aluminium,walnut,plastic,leather,steel,rubber,carbon,bamboo}',
     '{noise cancelling,thirty hours of battery,deep bass,low latency,a microphone that hears voices clearly,fast charging,an app with an equaliser,splash proof housing,a warm balanced sound,gold plated plugs}',
     '{music lovers,podcasts and calls,the living room,small studios,commuters,evenings with vinyl,gamers,home cinema}'),
    ('Phones', '{smartphone,phone case,charger,cable,power bank,screen protector,phone holder,tablet,smartwatch,stylus,docking station,adapter}', '{slim,rugged,wireless,magnetic,fast,folding,compact,waterproof}', '{silicone,glass,aluminium,leather,polycarbonate,nylon,ceramic,titanium}',
     '{a bright display,fast charging,drop protection,a battery for two days,usb c on both ends,a camera for the dark,scratch resistant glass,a sim slot,contactless payment,a lifetime of updates}',
     '{travellers,the car,the desk,builders,students,photographers,people who drop things,long days}'),
    ('Kitchen', '{kettle,toaster,blender,grinder,saucepan,skillet,knife,teapot,mug,casserole,colander,stand mixer}', '{electric,enamelled,cast,nonstick,stackable,heavy,classic,induction}', '{steel,copper,iron,glass,porcelain,oak,bamboo,silicone}',
     '{dishwasher safe parts,a lid that seals,an even heat,a handle that stays cool,a scale inside,a timer,automatic switch off,ovenproof to 250 degrees,a pouring spout,a sharp edge that lasts}',
     '{sunday breakfasts,coffee lovers,bakers,small kitchens,big families,induction hobs,slow stews,tea drinkers}'),
    ('Garden', '{spade,hose,lawnmower,planter,trellis,watering can,secateurs,wheelbarrow,lantern,bench,hammock,greenhouse}', '{galvanised,solar,foldable,rustic,cordless,hardwood,weatherproof,lightweight}', '{teak,zinc,terracotta,steel,rattan,cedar,aluminium,jute}',
     '{rust proof screws,a light that comes on at dusk,wheels that turn on the spot,drainage holes,blades of hardened steel,a soft grip,quick couplings,a frost proof finish,a quiet motor,an adjustable height}',
     '{balconies,vegetable beds,roses,large lawns,summer nights,herbs,small gardens,apple trees}'),
    ('Sports', '{racket,dumbbell,yoga mat,football,helmet,bicycle,goggles,treadmill,kayak,skateboard,climbing rope,jersey}', '{adjustable,professional,lightweight,junior,inflatable,padded,aerodynamic,grippy}', '{carbon,neoprene,cork,aluminium,rubber,polyester,graphite,foam}',
     '{a secure fit,shock absorption,quick drying fabric,a carrying strap,an anti slip surface,reflective stripes,air vents,a quick release,a sweet spot that forgives,sealed bearings}',
     '{beginners,marathons,home workouts,clubs,rainy rides,wild water,school teams,bouldering}'),
    ('Toys', '{puzzle,board game,doll,train set,building blocks,kite,teddy bear,dollhouse,marble run,robot,play tent,rocking horse}', '{wooden,musical,cuddly,educational,magnetic,colourful,programmable,giant}', '{beech,cardboard,plush,felt,cotton,maple,foam,bioplastic}',
     '{rounded edges,pieces that never get lost,rules on one page,colours safe to chew,washable covers,remote control,a storage bag,batteries included,a story book,parts that fit other sets}',
     '{toddlers,rainy afternoons,family evenings,birthday parties,curious children,grandparents,kindergartens,school holidays}'),
    ('Office', '{notebook,fountain pen,desk lamp,office chair,stapler,keyboard,mouse,monitor,whiteboard,filing cabinet,printer,bookend}', '{ergonomic,mechanical,dimmable,lockable,silent,dotted,modular,magnetic}', '{linen,brass,steel,mesh,plywood,recycled,acrylic,aluminium}',
     '{a lumbar support,keys with a soft click,a lamp that does not flicker,paper that takes ink well,cable management,a five year guarantee,refillable cartridges,castors for hard floors,a height that adjusts,a webcam shutter}',
     '{long meetings,architects,home offices,writers,programmers,teachers,tidy desks,accountants}'),
    ('Clothing', '{jacket,jumper,trousers,shirt,boots,trainers,scarf,gloves,socks,dress,belt,hat}', '{waterproof,knitted,slim,relaxed,lined,breathable,striped,quilted}', '{wool,cotton,linen,cashmere,denim,leather,fleece,silk}',
     '{deep pockets,taped seams,a two way zip,a soft lining,reinforced elbows,buttons of horn,a cut that moves along,colours that do not fade,a hidden pocket,machine washable fabric}',
     '{cold mornings,the office,weddings,hikers,city rain,spring,winter walks,weekends}'),
    ('Travel', '{backpack,suitcase,tent,sleeping bag,travel pillow,duffel,wallet,umbrella,headlamp,camping stove,cooler,flask}', '{lightweight,expandable,insulated,ultralight,lockable,packable,hardshell,roomy}', '{nylon,canvas,polycarbonate,down,leather,ripstop,titanium,cork}',
     '{wheels that run quietly,a laptop sleeve,a rain cover,space for a weekend,a lock for customs,poles that snap together,ice that keeps two days,rfid protection,a padded back,loops for tools}',
     '{carry on luggage,festivals,long flights,mountain huts,road trips,beach days,business trips,bike tours}'),
    ('Pets', '{collar,leash,dog bed,cat tree,litter box,aquarium,bird cage,pet carrier,food bowl,scratching post,hamster wheel,chew toy}', '{orthopaedic,reflective,washable,retractable,automatic,cosy,sturdy,foldable}', '{sisal,plush,nylon,stainless,leather,cotton,willow,rubber}',
     '{a cover for the washing machine,a reflecting band,a quiet filter,a base that does not slip,a window to look out,a safe clasp,no sharp edges,a water fountain,a cushion inside,easy cleaning}',
     '{puppies,old dogs,indoor cats,kittens,large breeds,rabbits,nervous animals,anglers of goldfish}');

INSERT INTO brands (name, slug)
SELECT n, lower(n) FROM (
    SELECT a || b AS n FROM unnest(ARRAY['Al','Bor','Cas','Del','Eri','Fen','Gal','Hel','Iso','Jun','Kel','Lum','Mar','Nor','Ori','Pel','Qui','Ras','Sol','Tav']) a,
                            unnest(ARRAY['ado','ban','cor','dex','eva','fly','gen','hus','ix','or']) b) x;
INSERT INTO categories (name, slug) SELECT name, lower(name) FROM departments ORDER BY n;
INSERT INTO categories (parent_id, name, slug)
SELECT c.id, initcap(noun), c.slug || '-' || replace(noun, ' ', '-')
  FROM departments d JOIN categories c ON c.name = d.name, unnest(d.nouns) WITH ORDINALITY AS x (noun, place)
 ORDER BY d.n, place;

-- A few kinds and brands sell much; a brand mostly stays in its department, which 20 share.
INSERT INTO products (name, slug, description, brand_id, category_id, attributes, is_active, is_featured, created_at)
SELECT concat_ws(' ', brand.name, series, adjective, noun, model), concat_ws('-', lower(brand.name), lower(series), adjective, replace(noun, ' ', '-'), lower(model), i),
       'A ' || adjective || ' ' || noun || ' of ' || material || ' for ' || one || '. It has ' || feature || ' and ' || other || '. In ' || colour || ', with '
           || (1 + i % 5) || ' years of guarantee. ' || pick(ARRAY['Our customers like it best for ' || two, 'A gift for ' || two, 'Made for ' || two, 'Well suited to ' || two], i, 'ending') || '.',
       brand.id, category.id,
       jsonb_build_object('color', colour, 'material', material, 'weight', (100 + i % 900) || ' g'),
       i % 50 <> 0, i % 100 = 1, now() - (i * interval '9 minutes')
  FROM (SELECT i, d.n AS department, noun, pick(d.adjectives, i, 'adjective') AS adjective, pick(d.materials, i, 'material') AS material,
               pick(d.features, i, 'feature') AS feature, pick(d.features, i, 'other') AS other, pick(d.uses, i, 'use') AS one, pick(d.uses, i, 'two') AS two,
               pick(ARRAY['black','white','red','blue','green','sand','grey','yellow','navy','silver'], i, 'colour') AS colour,
               pick(ARRAY['Atlas','Nova','Ridge','Harbour','Meadow','Comet','Willow','Summit','Ember','Drift','Quartz','Falcon','Lagoon','Maple','Orbit','Prism','Raven','Sierra','Tundra','Vista',
                          'Anchor','Breeze','Cobalt','Delta','Echo','Fjord','Glacier','Horizon','Indigo','Jasper','Kestrel','Lotus','Mirage','Nimbus','Onyx','Pebble','Quill','Rapids','Saffron','Thistle'], i, 'series') AS series,
               chr(65 + (i % 26)::int) || (100 + i / 26) AS model,
               CASE WHEN share(i, 'stray') < 0.8 THEN (d.n - 1) * 20 + floor(20 * power(share(i, 'brand'), 2)) ELSE floor(200 * share(i, 'brand')) END AS brand
          FROM generate_series(1::bigint, 100000) i
         CROSS JOIN LATERAL (SELECT floor(120 * power(share(i, 'kind'), 1.5))::int AS k) kind
          JOIN departments d ON d.n = 1 + kind.k % 10
         CROSS JOIN LATERAL (SELECT d.nouns[1 + kind.k / 10] AS noun) x) p
  JOIN (SELECT id, name, row_number() OVER (ORDER BY id) - 1 AS n FROM brands) brand ON brand.n = p.brand
  JOIN departments d ON d.n = p.department
  JOIN categories root ON root.name = d.name AND root.parent_id IS NULL
  JOIN categories category ON category.parent_id = root.id AND category.name = initcap(p.noun)
 ORDER BY i;
DROP TABLE departments;

INSERT INTO variants (product_id, is_default, sku, gtin, price_minor, discount_minor, stock)
SELECT p.id, true, 'SKU-' || p.id, lpad((4000000000000 + p.id)::text, 14, '0'), price, CASE WHEN p.id % 10 = 3 THEN price * 8 / 10 END,
       CASE WHEN p.id % 11 = 0 THEN 0 ELSE p.id % 97 END
  FROM (SELECT id, (300 + power(share(id, 'price'), 3) * 50000)::bigint AS price FROM products ORDER BY id) p;

INSERT INTO stock_levels (variant_id, location_id, quantity) SELECT v.id, l.id, v.stock FROM variants v, stock_locations l;
INSERT INTO stock_movements (variant_id, location_id, delta, quantity, reason)
SELECT variant_id, location_id, quantity, quantity, 'initial' FROM stock_levels WHERE quantity > 0;

INSERT INTO product_images (product_id, position, is_primary, alt, sizes)
SELECT id, 0, true, name, jsonb_build_array(jsonb_build_object('path', 'p' || id || '-320.jpg', 'width', 320, 'height', 320), jsonb_build_object('path', 'p' || id || '-800.jpg', 'width', 800, 'height', 800))
  FROM products;

SET session_replication_role = origin;
SELECT refresh_listings(array_agg(id)) FROM products;
UPDATE product_listings SET popularity = floor(100000 * power(share(product_id, 'popularity'), 4));
SELECT refresh_search(array_agg(id)) FROM products;
DROP FUNCTION share, pick;
SELECT recount_search_words();
VACUUM ANALYZE;
