using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using DistTrain.Operator.Definition;
using DistTrain.Operator.Resources;
using k8s.Models;

namespace DistTrain.Operator.Tests.Doubles;

/// <summary>
/// The objects of an API server, by its rules: versions that only grow, changes refused that were made from an old one, a status apart from the spec, generations,
/// finalizers that hold what is deleted, the schema of the definition. What a user does is called directly.
/// </summary>
internal sealed class ApiStore
{
    public const string Namespace = "research";

    private static readonly Dictionary<string, V1JSONSchemaProps> _schemas =
        ResourceKind.All.ToDictionary(kind => kind.Name, kind => ResourceDefinition.Object(kind).Spec.Versions[0].Schema.OpenAPIV3Schema);

    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, JsonObject> _objects = new(StringComparer.Ordinal);
    private readonly List<ApiChange> _changes = [];
    private readonly List<JsonObject> _events = [];
    private long _version = 1000;
    private long _forgotten;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Events told so far: "NAME TYPE REASON: MESSAGE", oldest first.</summary>
    public IReadOnlyList<string> Events
    {
        get
        {
            lock (_gate)
                return [.. _events.Select(e => $"{e["involvedObject"]!["name"]} {e["type"]} {e["reason"]}: {e["message"]}")];
        }
    }

    /// <summary>Everything that has happened, for the message of a wait that was in vain.</summary>
    public string Log
    {
        get
        {
            lock (_gate)
                return string.Join('\n', _changes.TakeLast(8).Select(c => c.Line));
        }
    }

    public JsonObject Create(JsonObject written, string space = Namespace)
    {
        var made = (JsonObject)written.DeepClone();
        made.Remove("status");
        var problems = Problems(made);
        Assert.True(problems.Count == 0, string.Join('\n', problems));
        lock (_gate)
        {
            var metadata = made["metadata"]!.AsObject();
            metadata["namespace"] = space;
            metadata["uid"] = Guid.NewGuid().ToString();
            metadata["generation"] = 1L;
            metadata["creationTimestamp"] = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            Assert.True(_objects.TryAdd(Key(made), made), "AlreadyExists");
            return Record("ADDED", made);
        }
    }

    /// <summary>What <c>kubectl edit</c> does; a spec that becomes another is a new generation.</summary>
    public JsonObject Edit(string name, Action<JsonObject> edit, ResourceKind? kind = null)
    {
        lock (_gate)
        {
            var edited = (JsonObject)_objects[Key(kind, Namespace, name)].DeepClone();
            edit(edited);
            return Become(edited);
        }
    }

    /// <summary>What <c>kubectl delete</c> does.</summary>
    public void Delete(string name, ResourceKind? kind = null)
    {
        lock (_gate)
        {
            var found = _objects[Key(kind, Namespace, name)];
            if (found["metadata"]!["finalizers"] is not JsonArray { Count: > 0 })
            {
                Remove(found);
                return;
            }

            var metadata = found["metadata"]!.AsObject();
            metadata["deletionTimestamp"] = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            metadata["generation"] = (long)metadata["generation"]! + 1;
            Record("MODIFIED", found);
        }
    }

    /// <param name="name">Its name.</param>
    /// <param name="space">Its namespace.</param>
    /// <param name="kind">Of which kind; null: a TrainingJob, as everywhere here.</param>
    public JsonObject? Find(string name, string space = Namespace, ResourceKind? kind = null)
    {
        lock (_gate)
            return (JsonObject?)_objects.GetValueOrDefault(Key(kind, space, name))?.DeepClone();
    }

    /// <summary>All of a namespace, or of all, and the version of that picture.</summary>
    /// <param name="space">The namespace; null: all.</param>
    /// <param name="kind">Of which kind; null: of all.</param>
    public (long Version, IReadOnlyList<JsonObject> Objects) List(string? space, ResourceKind? kind = null)
    {
        lock (_gate)
        {
            var all = _objects.Values.Where(o => (space is null || (string)o["metadata"]!["namespace"]! == space) && (kind is null || (string)o["kind"]! == kind.Name));
            return (_version, [.. all.Select(o => (JsonObject)o.DeepClone())]);
        }
    }

    /// <summary>A JSON merge patch to the object or to its status.</summary>
    /// <returns>Status of HTTP, and the object or why not.</returns>
    public (int Code, JsonObject? Object, string Message) Patch(ResourceKind kind, string space, string name, JsonObject patch, bool isStatus)
    {
        lock (_gate)
        {
            if (!_objects.TryGetValue(Key(kind, space, name), out var found))
                return (404, null, $"{kind.FullName} \"{name}\" not found");
            var metadata = patch["metadata"];
            foreach (var field in new[] { "uid", "resourceVersion" })
            {
                if ((string?)metadata?[field] is { } expected && expected != (string)found["metadata"]![field]!)
                    return (409, null, $"Operation cannot be fulfilled on {kind.FullName} \"{name}\": the object has been modified; please apply your changes to the latest version and try again");
            }

            var next = (JsonObject)found.DeepClone();
            if (isStatus)
                next["status"] = Merge(next["status"], patch["status"]);
            else
                next = (JsonObject)Merge(next, new JsonObject(patch.Where(p => p.Key != "status").Select(p => KeyValuePair.Create(p.Key, p.Value?.DeepClone()))))!;
            if (Problems(next) is { Count: > 0 } problems)
                return (422, null, string.Join("; ", problems));
            return (200, Become(next), "");
        }
    }

    /// <summary>Keeps an event; false when there is one of its name.</summary>
    public bool Tell(JsonObject told)
    {
        lock (_gate)
        {
            if (_events.Exists(e => (string)e["metadata"]!["name"]! == (string)told["metadata"]!["name"]!))
                return false;
            _events.Add(told);
            return true;
        }
    }

    /// <summary>Goes on to a version that has no change, and tells watchers of TrainingJobs so.</summary>
    public void Bookmark()
    {
        lock (_gate)
            Record("BOOKMARK", new JsonObject { ["apiVersion"] = "disttrain.dev/v1", ["kind"] = "TrainingJob", ["metadata"] = new JsonObject() });
    }

    /// <summary>Forgets what has happened so far: a watch from before is too old.</summary>
    public void Compact()
    {
        lock (_gate)
            _forgotten = _version;
    }

    /// <summary>Changes behind a version, for ever; an error when they are forgotten.</summary>
    public async IAsyncEnumerable<ApiChange> WatchAsync(ResourceKind kind, string? space, long version, [EnumeratorCancellation] CancellationToken cancel)
    {
        while (true)
        {
            List<ApiChange> news;
            Task next;
            lock (_gate)
            {
                if (version < _forgotten)
                {
                    var status = $$"""{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"too old resource version: {{version}} ({{_forgotten}})","reason":"Expired","code":410}""";
                    news = [new ApiChange(version, "ERROR", JsonNode.Parse(status)!.AsObject())];
                }
                else
                {
                    news = [.. _changes.Where(c => c.Version > version && c.Kind == kind.Name && (space is null || c.Namespace == space || c.Type == "BOOKMARK"))];
                }

                next = _changed.Task;
            }

            foreach (var change in news)
            {
                yield return change;
                if (change.Type == "ERROR")
                    yield break;
                version = change.Version;
            }

            await next.WaitAsync(cancel);
        }
    }

    /// <summary>Every state that an object was in, as watchers saw it.</summary>
    public IReadOnlyList<JsonObject> History(string name, ResourceKind? kind = null)
    {
        lock (_gate)
            return [.. _changes.Where(c => c.Name == name && c.Kind == (kind ?? ResourceKind.TrainingJob).Name).Select(c => c.Object)];
    }

    /// <summary>Waits until an object is in some state.</summary>
    public Task<JsonObject> UntilAsync(string name, Func<JsonObject, bool> holds, string what, ResourceKind? kind = null)
    {
        return WaitAsync().For($"{name}: {what}", () => Log);

        async Task<JsonObject> WaitAsync()
        {
            while (true)
            {
                Task next;
                lock (_gate)
                    next = _changed.Task;
                if (Find(name, kind: kind) is { } found && holds(found))
                    return found;
                await next;
            }
        }
    }

    /// <summary>Waits until an object is not there any more.</summary>
    public Task<bool> GoneAsync(string name, string? uid = null, ResourceKind? kind = null)
    {
        return WaitAsync().For($"{name} to go", () => Log);

        async Task<bool> WaitAsync()
        {
            while (true)
            {
                Task next;
                lock (_gate)
                    next = _changed.Task;
                if (Find(name, kind: kind) is not { } found || (uid is not null && found.Uid() != uid))
                    return true;
                await next;
            }
        }
    }

    private static string Key(JsonObject found) => $"{found["kind"]}/{found["metadata"]!["namespace"]}/{found["metadata"]!["name"]}";

    private static string Key(ResourceKind? kind, string space, string name) => $"{(kind ?? ResourceKind.TrainingJob).Name}/{space}/{name}";

    private static List<string> Problems(JsonObject found)
    {
        var own = (JsonObject)found.DeepClone();
        // These are the server's own to check.
        own.Remove("apiVersion");
        own.Remove("kind");
        own["metadata"] = new JsonObject { ["name"] = (string)found["metadata"]!["name"]! };
        return [.. SchemaCheck.Problems(_schemas[(string)found["kind"]!], own, "")];
    }

    private static JsonNode? Merge(JsonNode? target, JsonNode? patch)
    {
        if (patch is not JsonObject changes)
            return patch?.DeepClone();
        var merged = target is JsonObject known ? (JsonObject)known.DeepClone() : [];
        foreach (var (name, value) in changes)
        {
            if (value is null)
                merged.Remove(name);
            else
                merged[name] = Merge(merged[name], value);
        }

        return merged;
    }

    private JsonObject Become(JsonObject next)
    {
        var metadata = next["metadata"]!.AsObject();
        var key = Key(next);
        var before = _objects[key];
        if (JsonNode.DeepEquals(before, next))
            return (JsonObject)before.DeepClone();
        if (!JsonNode.DeepEquals(before["spec"], next["spec"]))
            metadata["generation"] = (long)metadata["generation"]! + 1;
        _objects[key] = next;
        return metadata.ContainsKey("deletionTimestamp") && metadata["finalizers"] is not JsonArray { Count: > 0 } ? Remove(next) : Record("MODIFIED", next);
    }

    private JsonObject Remove(JsonObject found)
    {
        _objects.Remove(Key(found));
        return Record("DELETED", found);
    }

    private JsonObject Record(string type, JsonObject now)
    {
        now["metadata"]!["resourceVersion"] = (++_version).ToString(CultureInfo.InvariantCulture);
        _changes.Add(new ApiChange(_version, type, (JsonObject)now.DeepClone()));
        var changed = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.SetResult();
        return (JsonObject)now.DeepClone();
    }
}
