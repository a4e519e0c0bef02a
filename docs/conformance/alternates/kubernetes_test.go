package alternates

import (
	"regexp"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/greynewell/mist-go/model"
)

// These tests hold the manifest of docs/kubernetes.md to the types of Kubernetes
// itself. They are here because this module has those types already, for
// controller-runtime; elsewhere they would take a minute to build.

func TestTheManifestOfTheKubernetesPageIsOneThatKubernetesKnows(t *testing.T) {
	var d appsv1.Deployment
	decode(t, "../kubernetes.md", &d)
	if d.Kind != "Deployment" || d.APIVersion != appsv1.SchemeGroupVersion.String() {
		t.Errorf("it is a %s of %s", d.Kind, d.APIVersion)
	}
	labels := d.Spec.Template.Labels
	for name, value := range d.Spec.Selector.MatchLabels {
		if labels[name] != value {
			t.Errorf("the selector asks for %s=%s, the template has %v", name, value, labels)
		}
	}
	for _, c := range d.Spec.Template.Spec.Containers {
		ports := map[int]bool{}
		for _, p := range c.Ports {
			ports[int(p.ContainerPort)] = true
		}
		for path, probe := range map[string]*corev1.Probe{
			"/startupz": c.StartupProbe, "/healthz": c.LivenessProbe, "/readyz": c.ReadinessProbe,
		} {
			if probe.HTTPGet.Path != path || !ports[probe.HTTPGet.Port.IntValue()] {
				t.Errorf("a probe asks %v; want %s at one of %v", probe.HTTPGet, path, ports)
			}
		}
	}
}

func TestTheGracePeriodIsMoreThanAStopMayTake(t *testing.T) {
	text := read(t, "../kubernetes.md")
	var d appsv1.Deployment
	decode(t, "../kubernetes.md", &d)
	found := regexp.MustCompile(`lifecycle\.WithDrainDelay\((\d+)\*time\.Second\)`).FindStringSubmatch(text)
	if found == nil {
		t.Fatal("the page has no drain delay")
	}
	delay, err := time.ParseDuration(found[1] + "s")
	if err != nil {
		t.Fatal(err)
	}
	stop := delay + model.DefaultDrainTimeout + model.DefaultShutdownTimeout
	if grace := time.Duration(*d.Spec.Template.Spec.TerminationGracePeriodSeconds) * time.Second; grace <= stop {
		t.Errorf("the grace period is %v, a stop may take %v", grace, stop)
	}
}

// decode reads the first piece of YAML in a document. A field that the type does
// not have, or that is there twice, is an error.
func decode(t *testing.T, document string, into any) {
	t.Helper()
	_, after, found := strings.Cut(read(t, document), "```yaml\n")
	piece, _, closed := strings.Cut(after, "```")
	if !found || !closed {
		t.Fatalf("%s has no piece of YAML", document)
	}
	if err := yaml.UnmarshalStrict([]byte(piece), into); err != nil {
		t.Fatalf("%s: %v", document, err)
	}
}
