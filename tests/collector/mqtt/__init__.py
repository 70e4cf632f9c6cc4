"""The MQTT door, through a real Mosquitto."""
